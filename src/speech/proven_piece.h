#pragma once
// Reads one piece of a text, follows its words and proves that each was spoken, once. Frames and
// the times of words go out. Belongs to one thread.
//
// A piece that fails is made again, with another seed, at most kMostTakes times. Only its tokens
// and its place in the text decide, never timing:
// - kStrict: frames go out when a take is proven. If none is, the one with the fewest faults is
//   kept, of equal ones the first.
// - kOn: frames go out when their words are proven, kLag half frames after each word. At a fault,
//   the take ends behind its last proven word, and the next take says the rest. The last take goes
//   out as it is. The free frames of a piece go out at once, so that a speech begins without a
//   delay. They are not cut either: if a fault is among them, the next take says words again that
//   they already say.
// - kOff, or a model whose attention is not sure: frames go out as they come.

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "align/track.h"
#include "align/verdict.h"
#include "align/word_time.h"
#include "base/result.h"
#include "codes/frame.h"
#include "lm/language_model.h"
#include "speech/options.h"
#include "speech/piece_reader.h"
#include "speech/proof.h"
#include "text/spanned.h"
#include "text/words.h"

namespace orpheus::speech {

// A word of a piece and when it was spoken, in half frames from the first frame handed out.
struct HeardWord {
  int word = 0;
  int begin = 0;
  int end = 0;
  float confidence = 0;     // 0 … 1
  bool is_remade = false;   // of a take behind the first
  bool is_missing = false;  // it was not heard; begin == end, confidence 0
  bool operator==(const HeardWord&) const = default;
};

// As words with times in samples of the codec. words: align::words_in(spoken).
std::vector<align::WordTime> times_of(std::span<const HeardWord> heard,
                                      std::span<const text::Word> words,
                                      const text::Spanned& spoken);

class ProvenPiece {
 public:
  // A request for the text from a word on.
  struct Part {
    PieceReader::Takes takes;
    // Of takes.first.text_rows; their words are numbered as in the whole piece. Empty: the words
    // cannot be followed.
    std::vector<align::TextRow> rows = {};
  };
  struct Plan {
    ProofMode mode = ProofMode::kOff;  // not kAuto
    int num_words = 0;
    int num_free_frames = 0;
    align::Surprise surprise = align::Surprise::kCounts;
    // take: 0 … kMostTakes − 1. num_tokens: of the piece, handed out by the takes before. Called
    // within any other function. Errors: those of a prompt.
    std::function<Result<Part>(int first_word, int take, int num_tokens)> part;
    std::shared_ptr<ProofCounts> counts;  // may be null
  };

  // Errors: those of Plan::part and PieceReader::start. The model must outlive the piece.
  static Result<ProvenPiece> start(lm::LanguageModel& model, Plan plan,
                                   const prompt::TokenLayout& layout);

  // As those of PieceReader.
  Result<std::optional<codes::Frame>> next_frame();
  bool ready();
  void read_ahead();
  // Valid after the piece has ended: of the frames handed out, and of the prompts of all takes.
  int num_tokens() const { return num_tokens_; }
  int num_prompt_tokens() const { return num_prompt_tokens_; }
  uint64_t seed() const { return seed_; }

  // The words of the frames handed out so far, with the next ones; each once, in order.
  std::vector<HeardWord> take_words();
  // What was found of the take that was handed out, and whether its attention is sure. Valid after
  // the piece has ended.
  const align::Verdict& verdict() const { return verdict_; }
  bool is_sure() const { return is_sure_; }
  // Whether a frame was read, even if none is proven yet.
  bool has_begun() const { return has_begun_; }
  // The takes so far.
  int num_takes() const { return take_number_ + 1; }

 private:
  struct Take {
    Take(PieceReader reader, std::vector<align::TextRow> rows, align::Surprise surprise,
         bool is_remade);

    PieceReader reader;
    std::optional<align::Track> track;  // nothing if the words cannot be followed
    align::Judge judge;
    std::deque<codes::Frame> frames;  // not handed out
    std::vector<HeardWord> words;     // not handed out; half frames of the take
    int next_word;                    // to be placed
    bool is_remade;
    int num_frames = 0;  // read
  };

  ProvenPiece(lm::LanguageModel& model, Plan plan, const prompt::TokenLayout& layout);
  Result<void> begin_take(int first_word);
  Result<void> read_frame();
  Result<void> end_take();
  Result<void> prove_so_far();
  Result<void> prove_whole();
  Result<void> cut_and_go_on();
  void follow();
  void place(const align::SpokenWord& spoken);
  void place_missing(int end_word, int half);
  bool fails() const;
  bool has_more_takes() const { return take_number_ + 1 < kMostTakes; }
  void release(int num_frames);
  void end_piece();

  lm::LanguageModel* model_;
  Plan plan_;
  prompt::TokenLayout layout_;
  std::unique_ptr<Take> take_;
  std::unique_ptr<Take> best_;  // kStrict: of the earlier takes
  int take_number_ = -1;
  std::deque<codes::Frame> ready_;      // to be handed out
  std::vector<HeardWord> ready_words_;  // half frames of the piece
  int num_released_ = 0;                // frames of take_ that went to ready_
  int num_before_ = 0;                  // frames of earlier takes that were handed out
  bool is_proving_ = true;              // faults of take_ count
  bool has_begun_ = false;
  bool has_ended_ = false;
  std::optional<Error> error_;  // returned after ready_
  align::Verdict verdict_;
  bool is_sure_ = false;
  int num_tokens_ = 0;
  int num_prompt_tokens_ = 0;
  uint64_t seed_ = 0;
};

}  // namespace orpheus::speech
