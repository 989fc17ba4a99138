#pragma once
// One piece of a text on its way through the language model: its tokens come in, its whole frames
// go out. A piece that runs away (it does not end within the bound that its text sets, or repeats
// itself) is made once more with other random numbers if none of its frames was handed out, and
// ends there otherwise. Belongs to one thread.

#include <deque>
#include <memory>
#include <optional>

#include "base/result.h"
#include "codes/frame.h"
#include "lm/language_model.h"

namespace orpheus::speech {

// Whether frames have begun to repeat: one of them, or the same few over and over, for four
// seconds.
class LoopDetector {
 public:
  bool push(const codes::Frame& frame);

 private:
  static constexpr size_t kLongestPeriod = 4;  // frames
  std::deque<codes::Frame> last_;
  std::array<int, kLongestPeriod> num_repeated_{};  // frames in a row that equal the one p before
};

class PieceReader {
 public:
  // What to generate at the first take, or the second.
  struct Takes {
    lm::GenerateRequest first;
    uint64_t seed_of_second = 0;
    bool may_run_away = true;  // no: max_tokens is where the piece shall end
  };

  // Errors: those of LanguageModel::generate. The model must outlive the reader.
  static Result<PieceReader> start(lm::LanguageModel& model, Takes takes,
                                   const prompt::TokenLayout& layout);

  // Waits for the next frame; nothing after the last. Errors: those of TokenStream::next.
  Result<std::optional<codes::Frame>> next_frame();
  // Takes in what is there already; notices what runs away while it can still be made anew.
  void read_ahead();

  int num_tokens() const { return num_tokens_; }  // of the take that is handed out
  // Of the prompt; 0 where nobody knows. For a piece that has ended.
  int num_prompt_tokens() const {
    return takes_.first.prompt.empty() ? num_prompt_tokens_told_
                                       : static_cast<int>(takes_.first.prompt.size());
  }
  // The seed of the take whose frames are handed out.
  uint64_t seed() const { return seed_; }

 private:
  PieceReader(lm::LanguageModel& model, Takes takes, const prompt::TokenLayout& layout);
  Result<void> begin_take(uint64_t seed);
  Result<void> read_token();
  Result<void> run_away();

  lm::LanguageModel* model_;
  Takes takes_;
  prompt::TokenLayout layout_;
  std::unique_ptr<lm::TokenStream> tokens_;  // null when the last token has come
  codes::FrameAssembler assembler_;
  LoopDetector loop_;
  std::deque<codes::Frame> frames_;  // not handed out yet
  std::optional<Error> error_;       // after those
  uint64_t seed_ = 0;
  int num_tokens_ = 0;
  int num_prompt_tokens_told_ = 0;  // by the language model
  bool is_second_take_ = false;
  bool has_handed_out_ = false;
};

}  // namespace orpheus::speech
