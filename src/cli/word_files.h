#pragma once
// The files that a command writes beside a sound: the times of its words, and its subtitles. A file
// appears when it is complete. One thread at a time.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "align/caption_word.h"
#include "base/atomic_file.h"
#include "base/result.h"
#include "speech/synthesiser.h"

namespace orpheus::cli {

class WordFiles {
 public:
  struct Names {
    std::string words;      // .json; empty: none
    std::string subtitles;  // .srt or .vtt; empty: none
  };

  // sound: the other output, "-" or empty if it is no file; text: the file of the text, or empty;
  // speed: of the sound. Errors: kUsage (two of these are the same file, or an output of words is a
  // pipe), kUnsupported (another ending of subtitles), those
  // of AtomicFile::create.
  static Result<WordFiles> open(const Names& names, std::string_view sound, std::string_view text,
                                double speed);

  bool are_wanted() const { return words_.has_value() || subtitles_.has_value(); }

  // request_text: as far as it has arrived.
  void begin_piece(const speech::PieceProgress& piece, std::string_view request_text);
  void add(const speech::WordProgress& progress);
  // Writes the files. language: of the text, for the subtitles' limits. Errors: kIo.
  Result<void> finish(std::string_view request_text, std::string_view language);

 private:
  explicit WordFiles(double speed) : speed_(speed) {}
  // next: the next piece's begin in the request's text; nothing: there is none.
  void end_piece(std::string_view request_text, std::optional<size_t> next);

  double speed_;

  std::optional<AtomicFile> words_;
  std::optional<AtomicFile> subtitles_;
  bool is_web_ = false;   // WebVTT
  std::string json_;      // the words so far, a line each
  text::Spanned spoken_;  // the piece's text
  std::vector<align::WordTime> of_piece_;
  std::optional<size_t> behind_last_;         // of the piece before, in the request's text
  std::vector<align::CaptionWord> captions_;  // of the pieces before
};

}  // namespace orpheus::cli
