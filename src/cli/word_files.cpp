#include "cli/word_files.h"

#include <array>
#include <filesystem>
#include <utility>

#include "align/subtitles.h"
#include "http/word_json.h"

namespace orpheus::cli {
namespace {

std::string ending_of(const std::string& name) {
  std::string ending = std::filesystem::path(name).extension().string();
  for (char& letter : ending) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return ending;
}

bool is_same_file(std::string_view one, std::string_view other) {
  if (one.empty() || other.empty() || one == "-") return false;
  std::error_code failed;
  const auto full = [&](std::string_view name) {
    return std::filesystem::weakly_canonical(std::filesystem::path(name), failed);
  };
  return one == other || (full(one) == full(other) && !failed);
}

Result<void> check(const WordFiles::Names& names, std::string_view sound, std::string_view text) {
  const std::array<std::pair<const char*, std::string_view>, 4> outputs = {
      {{"--words", names.words},
       {"--subtitles", names.subtitles},
       {"--output", sound},
       {"--file", text}}};
  for (size_t i = 0; i < 3; ++i) {
    const auto& [flag, name] = outputs.at(i);
    if (i < 2 && name == "-") {
      return fail({.kind = ErrorKind::kUsage,
                   .what = std::string(flag) + " writes a file",
                   .expected = i == 0 ? "a name such as words.json" : "a name such as speech.srt",
                   .found = "'-'"});
    }
    for (size_t other = i + 1; other < outputs.size(); ++other) {
      if (!is_same_file(name, outputs.at(other).second)) continue;
      return fail(
          {.kind = ErrorKind::kUsage,
           .what = std::string(flag) + " and " + outputs.at(other).first + " name the same file",
           .expected = "different files",
           .found = "'" + std::string(name) + "'"});
    }
  }
  const std::string ending = ending_of(names.subtitles);
  if (names.subtitles.empty() || ending == ".srt" || ending == ".vtt") return {};
  return fail({.kind = ErrorKind::kUnsupported,
               .what = "unknown format of subtitles in '" + names.subtitles + "'",
               .expected = ".srt (SubRip) or .vtt (WebVTT)",
               .found = ending.empty() ? "no ending" : ending});
}

}  // namespace

Result<WordFiles> WordFiles::open(const Names& names, std::string_view sound, std::string_view text,
                                  double speed) {
  ORPHEUS_CHECK(check(names, sound, text));
  WordFiles files(speed);
  if (!names.words.empty()) {
    ORPHEUS_TRY(files.words_, AtomicFile::create(names.words));
  }
  if (!names.subtitles.empty()) {
    ORPHEUS_TRY(files.subtitles_, AtomicFile::create(names.subtitles));
    files.is_web_ = ending_of(names.subtitles) == ".vtt";
  }
  return files;
}

void WordFiles::begin_piece(const speech::PieceProgress& piece, std::string_view request_text) {
  const bool has_text = piece.spanned != nullptr && !piece.spanned->empty();
  end_piece(request_text,
            has_text ? std::optional(piece.spanned->runs().front().origin.begin) : std::nullopt);
  if (has_text) spoken_ = *piece.spanned;
}

void WordFiles::add(const speech::WordProgress& progress) {
  for (const align::WordTime& word : progress.words) {
    if (words_) {
      json_ += (json_.empty() ? "" : ",\n") +
               http::word_json(word, speed_)
                   .dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    }
    if (subtitles_) of_piece_.push_back(word);
  }
}

void WordFiles::end_piece(std::string_view request_text, std::optional<size_t> next) {
  const auto words = std::exchange(of_piece_, {});
  if (spoken_.empty()) return;  // there was no piece
  const align::Neighbours neighbours{.behind_last = behind_last_, .next = next};
  behind_last_ = spoken_.runs().back().origin.end;
  for (align::CaptionWord& word :
       align::caption_words(spoken_, words, request_text, neighbours, speed_))
    captions_.push_back(std::move(word));
}

Result<void> WordFiles::finish(std::string_view request_text, std::string_view language) {
  end_piece(request_text, std::nullopt);
  if (words_) {
    ORPHEUS_CHECK(words_->write("[" + json_ + "]\n"));
    ORPHEUS_CHECK(words_->commit());
  }
  if (!subtitles_) return {};
  const auto cues = align::cues_of(captions_, align::limits_for(language));
  ORPHEUS_CHECK(subtitles_->write(is_web_ ? align::vtt_of(cues) : align::srt_of(cues)));
  return subtitles_->commit();
}

}  // namespace orpheus::cli
