#pragma once
// Parses one JSON message of a completions server, in any dialect. A pure function.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "prompt/token.h"

namespace orpheus::remote {

struct ReplyEvent {
  std::string text;                               // text of its tokens
  std::optional<std::vector<prompt::Token>> ids;  // the same tokens as ids, if the server sends ids
  std::optional<int> num_prompt_tokens;           // if it has a usage
  bool finished = false;                          // it is the last message
  std::optional<std::string> refusal;             // the server's error message
};

// "[DONE]"; OpenAI's {"choices":[{"text","finish_reason"}]}, with token_ids of vLLM; llama-server's
// {"content","tokens","stop"}; {"error":…} as a text or an object. Unknown keys and invalid usages
// are ignored. Errors: kBadReply (not JSON, or none of these forms).
Result<ReplyEvent> read_event(std::string_view data);

}  // namespace orpheus::remote
