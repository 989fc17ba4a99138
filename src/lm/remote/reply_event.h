#pragma once
// One JSON message of a completions server, whichever dialect it speaks. A pure function.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "prompt/token.h"

namespace orpheus::remote {

struct ReplyEvent {
  std::string text;                               // of the tokens in it
  std::optional<std::vector<prompt::Token>> ids;  // the same as ids, where the server gives them
  std::optional<int> num_prompt_tokens;           // where it tells the usage
  bool finished = false;                          // nothing comes behind it
  std::optional<std::string> refusal;             // the server's words about an error
};

// "[DONE]"; OpenAI's {"choices":[{"text","finish_reason"}]}, with token_ids of vLLM; llama-server's
// {"content","tokens","stop"}; {"error":…} as a text or an object. What is not known is passed
// over; so is a usage that makes no sense. Errors: kBadReply (not JSON, or none of these).
Result<ReplyEvent> read_event(std::string_view data);

}  // namespace orpheus::remote
