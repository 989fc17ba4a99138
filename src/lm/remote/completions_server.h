#pragma once
// One server of completions: what it is, the form of prompt that it accepts, and one request to it.
// Which of several servers gets a request is decided elsewhere (balance.h, remote.cpp).

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/cancel.h"
#include "base/metrics.h"
#include "base/result.h"
#include "lm/language_model.h"
#include "lm/remote/ask.h"
#include "lm/remote/backend.h"
#include "lm/remote/balance.h"
#include "lm/remote/delivery.h"
#include "lm/remote/options.h"
#include "lm/remote/server_facts.h"
#include "net/client.h"
#include "prompt/token.h"

namespace orpheus::remote {

// What requests to all servers have in common. Outlives the servers.
struct RequestContext {
  const Options& options;
  const prompt::TokenLayout& layout;  // of the voice that is expected
  const lm::Sampling& usual;
  net::Client& client;
  metrics::Counter& dropped_tokens;
};

// All functions may be called from any thread.
class CompletionsServer {
 public:
  struct Outcome {
    Result<void> result;
    Verdict verdict = Verdict::kGood;
  };

  CompletionsServer(Backend backend, const RequestContext& context);

  // Its URL for people, without a password.
  std::string shown() const { return backend_.shown(); }

  // Generates the tokens of a request and puts them into `delivery`. Asks for the server's facts
  // first if they are not known. Errors: those of identify(), tokenise(), net::Client and
  // ReplyReader; kBadReply (its voice has other token ids); kUnsupported (a form of prompt).
  Outcome generate(const lm::GenerateRequest& request, Delivery& delivery);

  // Asks for the facts again. After an error they count as unknown. Errors: those of identify();
  // kBadReply (its voice has other token ids).
  Result<void> look_again(const CancelToken& cancel);

 private:
  Result<ServerFacts> facts(const CancelToken& cancel);
  Result<ServerFacts> ask_what_it_is(const CancelToken& cancel);
  Result<Prompt> prompt_for(const ServerFacts& facts, const lm::GenerateRequest& request);
  Result<void> transfer(const ServerFacts& facts, const Prompt& prompt,
                        const lm::GenerateRequest& request, Delivery& delivery, Verdict& verdict);

  const Backend backend_;
  const RequestContext context_;
  std::mutex mutex_;  // guards the following member
  std::optional<ServerFacts> facts_;
};

}  // namespace orpheus::remote
