#pragma once
// The interface between a speech and the source of its tokens: the local engine (lm/engine) or a
// remote server (lm/remote). Implementations may be called from any thread; one TokenStream belongs
// to one thread at a time.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"
#include "lm/playback.h"
#include "prompt/token.h"

namespace orpheus::lm {

using prompt::Token;

// How the next token is sampled, in this order: repetition penalty over all tokens of the piece so
// far, temperature, top-k, top-p, min-p.
struct Sampling {
  float temperature = 0.6F;         // 0 is greedy
  float top_p = 0.9F;               // 1 is off
  int top_k = 0;                    // 0 is off
  float min_p = 0.0F;               // 0 is off
  float repetition_penalty = 1.1F;  // 1 is off
  uint64_t seed = 0;                // a draw depends on the seed and the step alone

  friend bool operator==(const Sampling&, const Sampling&) = default;
};

// The values of a request or setting; for others the voice's file counts, else Sampling's defaults.
struct SamplingOptions {
  std::optional<float> temperature;
  std::optional<float> top_p;
  std::optional<int> top_k;
  std::optional<float> min_p;
  std::optional<float> repetition_penalty;
  uint64_t seed = 0;

  friend bool operator==(const SamplingOptions&, const SamplingOptions&) = default;

  Sampling over(const Sampling& usual) const {
    return {.temperature = temperature.value_or(usual.temperature),
            .top_p = top_p.value_or(usual.top_p),
            .top_k = top_k.value_or(usual.top_k),
            .min_p = min_p.value_or(usual.min_p),
            .repetition_penalty = repetition_penalty.value_or(usual.repetition_penalty),
            .seed = seed};
  }
};

// Which logits a step computes.
enum class Head {
  kSlot,  // the ids that the token's slot allows, and end of speech at slot 0
  kFull,  // the whole vocabulary
};

// Positions of a prompt, from its first token on.
struct PromptRows {
  int first = 0;
  int count = 0;

  friend bool operator==(const PromptRows&, const PromptRows&) = default;
};

struct GenerateRequest {
  std::vector<Token> prompt;
  // "voice: text" of the same prompt, for a remote server that takes text. The local engine reads
  // only the ids.
  std::string spoken = {};
  SamplingOptions sampling;
  Head head = Head::kSlot;
  int max_tokens = 8192;
  bool ignore_stop = false;  // generate max_tokens: the slot head never chooses end of speech
  int num_top = 0;           // log-probabilities to report with each token
  // The prompt's rows that hold the text of the piece. If set, each token comes with its text
  // weights and its log-probability. The tokens are the same as without. Errors: kUsage (no rows,
  // or rows outside of the prompt).
  std::optional<PromptRows> text_rows = std::nullopt;
  // A speech that is known (teacher forcing): the stream hands out these tokens, with weights and
  // log-probabilities if text_rows is set, and ends. Nothing is sampled: `sampling` and max_tokens
  // are not used. The engine reads many tokens in a step. Errors: kLimit (longer than the context),
  // kUnsupported (a remote server).
  std::vector<Token> forced = {};
  // This is a later piece of a speech in progress. A full queue does not refuse it, and it is made
  // to its end even if its tokens are not read yet.
  bool continues_speech = false;
  // The client's playback of the speech, and the index of this piece: the client that runs dry
  // first is served first. Null: the client plays the tokens as they are made.
  std::shared_ptr<const Playback> playback = nullptr;
  size_t piece = 0;
  // Listeners take turns. 0 is a listener with this request only.
  uint64_t listener = 0;
  // Called by any thread, without a lock, when one more frame of tokens can be read and at the end.
  // Must not block. May be called after the stream was destroyed. May be empty.
  std::function<void()> wake = {};
  CancelToken cancel;
};

struct TokenProbability {
  Token id = 0;
  float logprob = 0;  // natural logarithm, over the rows of the head
};

struct GeneratedToken {
  Token id = 0;
  std::vector<TokenProbability> top = {};  // num_top of them, most likely first
  // With GenerateRequest::text_rows. The attention from this token to the rows of the text:
  // text_rows->count values, 0 … 1, which sum to 1. The query is that of the row before the token,
  // which predicts it: of the prompt's last row for the first token. The mean over the model's
  // alignment heads of the softmax over the text's rows alone. Empty: the model has no alignment
  // heads, or its attention is not a number.
  std::vector<float> text_weights = {};
  // With GenerateRequest::text_rows: the natural logarithm of the token's probability at
  // temperature 1 and without penalties, over the rows of the head (its slot's ids, and end of
  // speech at slot 0). −∞: a forced token outside of them. Empty: unknown.
  std::optional<float> logprob = std::nullopt;
};

// The tokens of one request while they are made. Destroying the stream frees the sequence.
class TokenStream {
 public:
  virtual ~TokenStream() = default;
  // Waits for the next token; nothing after the last one (end of speech, which is not handed out,
  // or max_tokens). Errors: kCancelled, kUnavailable, kLimit (out of context), kInternal.
  virtual Result<std::optional<GeneratedToken>> next() = 0;
  // Whether next() would return without waiting.
  virtual bool ready() const = 0;
  // After the last token: the number of the prompt's tokens, if only the stream knows it. 0:
  // unknown.
  virtual int num_prompt_tokens() const { return 0; }
};

// The least quality of a model with text weights that are to be trusted.
inline constexpr double kGoodAlignment = 0.5;

// What is known now of the attention heads that follow the text.
struct KnownAlignment {
  double quality = 0;     // as of LanguageModel::alignment_quality(); 0: none known
  bool is_named = false;  // the model's file names the heads, so every start has the same
};

class LanguageModel {
 public:
  virtual ~LanguageModel() = default;
  // Errors: kUsage (an empty prompt, an id outside of the vocabulary, a setting out of range),
  // kLimit (prompt longer than the context, queue full), kUnavailable.
  virtual Result<std::unique_ptr<TokenStream>> generate(GenerateRequest request) = 0;

  // The sampling for values that a request leaves open.
  virtual Sampling usual_sampling() const { return {}; }

  // Whether a prompt may end with tokens of the speech, so that the speech continues from them.
  // False for a remote server that takes text only.
  virtual bool goes_on_from_tokens() const { return true; }

  // The most tokens of a prompt and its speech together; 0: unknown.
  virtual int context_tokens() const { return 0; }

  // The heads that are known now. Never waits for a search. Thread-safe.
  virtual KnownAlignment known_alignment() { return {}; }

  // Begins one search for the heads in the background, unless they are known. Later calls, also
  // after a search that failed, do nothing. Returns at once. Thread-safe.
  virtual void seek_alignment() {}

  // How well the attention of the model tells which part of a text is spoken, 0 … 1. From
  // kGoodAlignment on, the text weights are to be trusted. 0: unknown, or the model gives no
  // weights. If the heads are not known, the first call looks for them, for which the model speaks
  // two sentences: seconds to two minutes. Later calls return at once. For commands and starts; a
  // request must not wait for it. Thread-safe. A request with
  // text_rows before the heads are known gets no weights.
  virtual double alignment_quality() { return 0; }

  // The heads that alignment_quality() found, as "layer.head layer.head …"; empty: none.
  // Thread-safe.
  virtual std::string alignment_heads() { return {}; }

  // Its metrics, in the text format of Prometheus; may be empty.
  virtual std::string metrics() const { return {}; }
};

}  // namespace orpheus::lm
