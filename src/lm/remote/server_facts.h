#pragma once
// Facts about a server: its kind and what it accepts. Asked once, then kept.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"
#include "lm/remote/backend.h"
#include "lm/remote/options.h"
#include "lm/remote/served_voice.h"
#include "net/client.h"
#include "prompt/token.h"

namespace orpheus::remote {

enum class ServerKind { kLlamaServer, kVllm, kSglang, kLmStudio, kOrpheus, kOther };

// "llama-server", "vLLM", …
std::string_view name_of(ServerKind kind);

struct ServerFacts {
  ServerKind kind = ServerKind::kOther;
  std::vector<std::string> models;   // that it lists
  std::string model;                 // the one to ask for; may be empty
  bool takes_ids = false;            // prompts as token ids
  bool tokenises = false;            // has /tokenize
  std::optional<ServedVoice> voice;  // only from orpheus servers
};

// Asks for the list of models, which also shows the kind of server. If that is not enough, it tries
// a prompt of ids. Errors: those of net::Client; kBadReply (no such route, a rejected key, a
// missing model).
Result<ServerFacts> identify(net::Client& client, const Backend& backend, const Options& options,
                             const CancelToken& cancel);

// As identify(), for the first of the options' servers that answers. Errors: the last server's.
Result<ServerFacts> identify_any(const Options& options, const CancelToken& cancel);

// The ids of a text, from the server's /tokenize. Errors: those of net::Client; kBadReply.
Result<std::vector<prompt::Token>> tokenise(net::Client& client, const Backend& backend,
                                            const Options& options, const ServerFacts& facts,
                                            std::string_view text, const CancelToken& cancel);

}  // namespace orpheus::remote
