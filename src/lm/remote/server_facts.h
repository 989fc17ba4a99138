#pragma once
// What a server is and takes. Asked once, then remembered.

#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"
#include "lm/remote/backend.h"
#include "lm/remote/options.h"
#include "net/client.h"
#include "prompt/token.h"

namespace orpheus::remote {

enum class ServerKind { kLlamaServer, kVllm, kSglang, kLmStudio, kOrpheus, kOther };

// "llama-server", "vLLM", …
std::string_view name_of(ServerKind kind);

struct ServerFacts {
  ServerKind kind = ServerKind::kOther;
  std::vector<std::string> models;  // that it lists
  std::string model;                // the one to ask for; may be empty
  bool takes_ids = false;           // prompts as token ids
  bool tokenises = false;           // has /tokenize
};

// Asks for its models, which also tell what it is, and where that is not enough tries a prompt of
// ids. Errors: those of net::Client; kBadReply (no such route, a key that it does not take, a model
// that it does not have).
Result<ServerFacts> identify(net::Client& client, const Backend& backend, const Options& options,
                             const CancelToken& cancel);

// Ids of a text by the server's own /tokenize. Errors: those of net::Client; kBadReply.
Result<std::vector<prompt::Token>> tokenise(net::Client& client, const Backend& backend,
                                            const Options& options, const ServerFacts& facts,
                                            std::string_view text, const CancelToken& cancel);

}  // namespace orpheus::remote
