#pragma once
// The language model elsewhere: LM Studio, llama-server, vLLM, or any other completions server,
// several of them if so wished. Each request is one HTTP request to the server that has the least
// to do; while nothing of it was handed out, another server takes over where one fails. Servers
// that are down are asked now and then whether they are back. Requests beyond the options' number
// wait here, without a thread, and are sent as lm/admission.h orders them. generate() may be called
// from any thread.

#include <memory>
#include <string>

#include "base/result.h"
#include "lm/language_model.h"
#include "lm/remote/options.h"
#include "prompt/token.h"

namespace orpheus::remote {

class Remote : public lm::LanguageModel {
 public:
  // Contacts no server yet: a server that is down now may come up later. usual: sampling for what
  // a request leaves open, as the voice's file says it. Errors: kUsage (no address, or one that
  // is none), kLimit (no further thread).
  static Result<std::unique_ptr<Remote>> open(const Options& options,
                                              const prompt::TokenLayout& layout,
                                              const lm::SamplingOptions& usual = {});
  // Ends all requests.
  ~Remote() override;

  // The prompt is request.prompt where the server takes ids and there are some, else
  // request.spoken, by the server's /tokenize or as text. Errors here: kUsage (neither, a setting
  // out of range), kLimit (no further thread), and kUnavailable (all servers are down). Errors of
  // the stream: kUnavailable, kTimedOut, kBadReply (docs/remote.md has them all), kUnsupported (ids
  // alone for a server that takes none). head and num_top are the local engine's alone.
  Result<std::unique_ptr<lm::TokenStream>> generate(lm::GenerateRequest request) override;

  lm::Sampling usual_sampling() const override;
  bool goes_on_from_tokens() const override { return false; }

  // What it counts, as Prometheus reads it.
  std::string metrics() const override;

 private:
  class State;
  explicit Remote(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace orpheus::remote
