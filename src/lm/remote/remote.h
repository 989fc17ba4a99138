#pragma once
// A language model on other servers: LM Studio, llama-server, vLLM or any other completions
// server, one or several. Each request becomes one HTTP request to the server with the least to
// do. If that server fails before any token was handed out, another server takes over. Servers
// that are down are probed now and then. Requests beyond Options::max_requests wait here, without
// a thread, and are sent in the order of lm/admission.h. generate() may be called from any
// thread.

#include <memory>
#include <string>

#include "base/result.h"
#include "lm/language_model.h"
#include "lm/remote/options.h"
#include "prompt/token.h"

namespace orpheus::remote {

class Remote : public lm::LanguageModel {
 public:
  // Contacts no server yet, because a server may come up later. usual: the voice file's sampling,
  // for values that a request leaves open. Errors: kUsage (no address or an invalid one), kLimit (a
  // thread cannot be started).
  static Result<std::unique_ptr<Remote>> open(const Options& options,
                                              const prompt::TokenLayout& layout,
                                              const lm::SamplingOptions& usual = {});
  // Ends all requests.
  ~Remote() override;

  // The prompt is request.prompt if it has ids and the server accepts ids; else request.spoken, as
  // ids from the server's /tokenize or as text. Errors of the call: kUsage (no prompt, a setting
  // out of range), kLimit (a thread cannot be started), kUnavailable (all servers are down). Errors
  // of the stream: kUnavailable, kTimedOut, kBadReply (docs/remote.md lists them), kUnsupported
  // (only ids, for a server that takes text). head and num_top are ignored.
  Result<std::unique_ptr<lm::TokenStream>> generate(lm::GenerateRequest request) override;

  lm::Sampling usual_sampling() const override;
  bool goes_on_from_tokens() const override { return false; }

  // Metrics in the text format of Prometheus.
  std::string metrics() const override;

 private:
  class State;
  explicit Remote(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace orpheus::remote
