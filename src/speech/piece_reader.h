#pragma once
// Reads one piece of a text from the language model: tokens come in, whole frames go out. Belongs
// to one thread.
//
// A piece runs away if the model loops or does not end. Only its tokens decide, never timing:
// - Frames that repeat those before them are held back until a frame differs.
// - Frames that have repeated for four seconds are a loop. They are dropped, and the piece
//   continues before the loop with another seed. After a second loop, the piece ends.
// - A piece has a longest length, computed from its text. If a remote server cannot
//   continue from tokens, a piece that runs away is generated again from the start if none of its
//   frames was handed out; otherwise it ends.

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "align/track.h"
#include "base/result.h"
#include "codes/frame.h"
#include "lm/language_model.h"

namespace orpheus::speech {

// Detects repeated frames: one frame, or the same few frames again and again.
class LoopDetector {
 public:
  // Adds a frame. True if frames have repeated for four seconds.
  bool push(const codes::Frame& frame);
  // The number of frames at the end that repeat earlier ones.
  int num_repeated() const;

 private:
  static constexpr size_t kLongestPeriod = 4;  // frames
  std::deque<codes::Frame> last_;
  std::array<int, kLongestPeriod> num_repeated_{};  // frames equal to that p + 1 before, in a row
};

class PieceReader {
 public:
  // The request, and the seed after a loop.
  struct Takes {
    lm::GenerateRequest first;
    uint64_t seed_of_second = 0;
    bool may_run_away = true;         // false: reaching max_tokens is the intended end
    bool goes_on_from_tokens = true;  // false: the model may accept only text
  };

  // Errors: those of LanguageModel::generate. The model must outlive the reader.
  static Result<PieceReader> start(lm::LanguageModel& model, Takes takes,
                                   const prompt::TokenLayout& layout);

  // Waits for the next frame; nullopt after the last one. Errors: those of TokenStream::next.
  Result<std::optional<codes::Frame>> next_frame();
  // What the model says of the frame that next_frame() returned last, if the request has text_rows.
  const align::FrameEvidence& evidence() const { return evidence_; }
  // Whether next_frame() would return without waiting. Reads ready tokens as far as needed.
  bool ready();
  // Reads all ready tokens, so that a piece that runs away is noticed early.
  void read_ahead();

  int num_tokens() const { return static_cast<int>(made_.size()); }  // without the dropped ones
  // Tokens of the prompt; 0 if unknown. Valid after the piece has ended.
  int num_prompt_tokens() const {
    return takes_.first.prompt.empty() ? num_prompt_tokens_told_
                                       : static_cast<int>(takes_.first.prompt.size());
  }
  // The seed of the first take.
  uint64_t seed() const { return takes_.first.sampling.seed; }

 private:
  PieceReader(lm::LanguageModel& model, Takes takes, const prompt::TokenLayout& layout);
  Result<void> begin_take(uint64_t seed);
  Result<void> read_token();
  Result<void> run_away();
  bool makes_anew();
  void drop_repeated();
  void add_frame(const codes::Frame& frame);
  size_t num_ready() const { return frames_.size() - num_held_; }

  struct ReadFrame {
    codes::Frame frame;
    align::FrameEvidence evidence;
  };

  lm::LanguageModel* model_;
  Takes takes_;
  prompt::TokenLayout layout_;
  std::unique_ptr<lm::TokenStream> tokens_;  // null after the last token
  codes::FrameAssembler assembler_;
  LoopDetector loop_;
  std::vector<prompt::Token> made_;      // of all takes, without dropped ones
  std::vector<size_t> frame_ends_;       // for each frame: the number of tokens up to its end
  std::deque<ReadFrame> frames_;         // not handed out yet
  std::deque<lm::GeneratedToken> last_;  // tokens, up to a frame's, if the request has text_rows
  align::FrameEvidence evidence_;        // of the frame that was handed out last
  size_t num_held_ = 0;                  // frames at the end that are held because they repeat
  std::optional<Error> error_;           // returned after frames_
  int num_prompt_tokens_told_ = 0;       // as told by the language model
  bool is_second_take_ = false;
  bool has_handed_out_ = false;
};

}  // namespace orpheus::speech
