#pragma once
// One piece of a text on its way through the language model: its tokens come in, its whole frames
// go out. Belongs to one thread.
//
// What becomes of a piece that runs away depends on its tokens alone, never on what was heard when:
// - Frames that repeat those before them are held back until a frame differs.
// - Frames that have repeated for four seconds are a loop. They are dropped, and the piece goes on
//   from the frame before them with the other seed, once. A second loop ends the piece there.
// - A piece that reaches the bound that its text sets ends there.
// A server elsewhere may not go on from tokens: there a piece that runs away is made anew as a
// whole if none of its frames was handed out, and ends otherwise.

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "codes/frame.h"
#include "lm/language_model.h"

namespace orpheus::speech {

// Whether frames repeat: one of them, or the same few over and over.
class LoopDetector {
 public:
  // Whether they have done so for four seconds.
  bool push(const codes::Frame& frame);
  // How many frames at the end repeat those before them.
  int num_repeated() const;

 private:
  static constexpr size_t kLongestPeriod = 4;  // frames
  std::deque<codes::Frame> last_;
  std::array<int, kLongestPeriod> num_repeated_{};  // frames in a row that equal the one p before
};

class PieceReader {
 public:
  // What to generate, and with which seed the piece goes on behind a loop.
  struct Takes {
    lm::GenerateRequest first;
    uint64_t seed_of_second = 0;
    bool may_run_away = true;         // false: reaching max_tokens is the intended end
    bool goes_on_from_tokens = true;  // false: the model may be told the text alone
  };

  // Errors: those of LanguageModel::generate. The model must outlive the reader.
  static Result<PieceReader> start(lm::LanguageModel& model, Takes takes,
                                   const prompt::TokenLayout& layout);

  // Waits for the next frame; nothing after the last. Errors: those of TokenStream::next.
  Result<std::optional<codes::Frame>> next_frame();
  // Whether next_frame() would answer without waiting; takes in what it needs of what is there.
  bool ready();
  // Takes in what is there already, so that a piece that runs away loses no time.
  void read_ahead();

  int num_tokens() const { return static_cast<int>(made_.size()); }  // less what was dropped
  // Of the prompt; 0 where nobody knows. For a piece that has ended.
  int num_prompt_tokens() const {
    return takes_.first.prompt.empty() ? num_prompt_tokens_told_
                                       : static_cast<int>(takes_.first.prompt.size());
  }
  // Of the first take.
  uint64_t seed() const { return takes_.first.sampling.seed; }

 private:
  PieceReader(lm::LanguageModel& model, Takes takes, const prompt::TokenLayout& layout);
  Result<void> begin_take(uint64_t seed);
  Result<void> read_token();
  Result<void> run_away();
  bool makes_anew();
  void drop_repeated();
  size_t num_ready() const { return frames_.size() - num_held_; }

  lm::LanguageModel* model_;
  Takes takes_;
  prompt::TokenLayout layout_;
  std::unique_ptr<lm::TokenStream> tokens_;  // null when the last token has come
  codes::FrameAssembler assembler_;
  LoopDetector loop_;
  std::vector<prompt::Token> made_;  // of all takes, less what was dropped
  std::vector<size_t> frame_ends_;   // of each frame: how many tokens were made with it
  std::deque<codes::Frame> frames_;  // not handed out yet
  size_t num_held_ = 0;              // of these, at the end: they repeat
  std::optional<Error> error_;       // after those
  int num_prompt_tokens_told_ = 0;   // by the language model
  bool is_second_take_ = false;
  bool has_handed_out_ = false;
};

}  // namespace orpheus::speech
