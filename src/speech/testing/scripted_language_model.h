#pragma once
// A language model for tests: what it answers is written down beforehand, and it can be made to
// wait. Tokens are of the stock layout.

#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "codes/frame.h"
#include "lm/language_model.h"

namespace orpheus::speech {

// All seven tokens of a frame; every code is this number.
inline codes::Frame frame_of(int32_t code) {
  return {.c0 = {code}, .c1 = {code, code}, .c2 = {code, code, code, code}};
}

class ScriptedLanguageModel : public lm::LanguageModel {
 public:
  struct Answer {
    std::vector<int32_t> frames;  // a frame of this code each
    bool never_ends = false;      // goes on with the last frame up to max_tokens
    std::optional<Error> error;   // after the frames
    // For each half frame, the row of the text that it looks at, for a request with text_rows.
    std::vector<int> looks_at = {};
    size_t num_ready = std::numeric_limits<size_t>::max();  // frames; later ones never come
    float logprob = -0.5F;                                  // of each token
    float sharpness = 1;  // the weight of the row in looks_at; the others share the rest
    size_t sharp_from = std::numeric_limits<size_t>::max();  // half frame; from then on it is 1
  };
  // Called for every request, in order.
  using Script = std::function<Answer(const lm::GenerateRequest&)>;

  explicit ScriptedLanguageModel(Script script) : script_(std::move(script)) {}

  Result<std::unique_ptr<lm::TokenStream>> generate(lm::GenerateRequest request) override {
    requests.push_back(request);
    ++num_open;
    most_open = std::max(most_open, num_open);
    return std::make_unique<Stream>(script_(request), std::move(request), *this);
  }

  int context_tokens() const override { return context; }
  lm::KnownAlignment known_alignment() override {
    return {.quality = knows_heads ? quality : 0, .is_named = names_heads};
  }
  void seek_alignment() override { ++num_seeks; }
  double alignment_quality() override {
    ++num_waits;
    knows_heads = true;
    return quality;
  }

  std::vector<lm::GenerateRequest> requests;
  int context = 0;  // tokens; 0: unknown
  bool knows_heads = true;
  bool names_heads = true;
  int num_seeks = 0;   // of heads, in the background
  int num_waits = 0;   // for heads
  double quality = 0;  // of the attention
  int num_open = 0;    // streams
  int most_open = 0;

 private:
  class Stream : public lm::TokenStream {
   public:
    Stream(Answer answer, lm::GenerateRequest request, ScriptedLanguageModel& model)
        : answer_(std::move(answer)), request_(std::move(request)), model_(model) {}
    ~Stream() override { --model_.num_open; }

    Result<std::optional<lm::GeneratedToken>> next() override {
      if (request_.cancel.cancelled())
        return fail({.kind = ErrorKind::kCancelled, .what = "the speech was cancelled"});
      const auto at = static_cast<size_t>(num_given_ / prompt::kSlotsPerFrame);
      const bool over = at >= answer_.frames.size() && !answer_.never_ends;
      if (over && answer_.error) return fail(*answer_.error);
      if (over || num_given_ >= request_.max_tokens) return std::optional<lm::GeneratedToken>();
      const int32_t code = answer_.frames[std::min(at, answer_.frames.size() - 1)];
      const int slot = num_given_++ % prompt::kSlotsPerFrame;
      const auto id = codes::tokens_of(frame_of(code), {})[static_cast<size_t>(slot)];
      lm::GeneratedToken token{.id = id, .top = {}};
      if (request_.text_rows) look(token, at * 2 + (slot < 4 ? 0 : 1));
      return std::optional(std::move(token));
    }
    bool ready() const override {
      return static_cast<size_t>(num_given_ / prompt::kSlotsPerFrame) < answer_.num_ready;
    }

   private:
    void look(lm::GeneratedToken& token, size_t half) const {
      if (half >= answer_.looks_at.size()) return;
      const auto count = static_cast<size_t>(request_.text_rows->count);
      const float sharpness = half < answer_.sharp_from ? answer_.sharpness : 1;
      const float others = (1 - sharpness) / static_cast<float>(count - 1);
      token.text_weights.assign(count, others);
      token.text_weights.at(static_cast<size_t>(answer_.looks_at[half])) = sharpness;
      token.logprob = answer_.logprob;
    }

    Answer answer_;
    lm::GenerateRequest request_;
    ScriptedLanguageModel& model_;
    int num_given_ = 0;
  };

  Script script_;
};

}  // namespace orpheus::speech
