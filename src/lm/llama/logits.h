#pragma once
// The network's output for the next token.

#include <optional>
#include <vector>

#include "lm/llama/network.h"
#include "prompt/token.h"

namespace orpheus::llama {

// Logits of the next token. Row i is id first_id + i. At slot 0, the last row is end of
// speech.
struct Logits {
  std::vector<float> values;
  prompt::Token first_id = 0;
  std::optional<prompt::Token> last_id;

  prompt::Token id_of(size_t row) const {
    return last_id && row + 1 == values.size() ? *last_id
                                               : first_id + static_cast<prompt::Token>(row);
  }
};

// The logits to compute after the last tokens of a reading.
struct Wanted {
  OutputHead head = OutputHead::kSlot;
  int slot = 0;        // 0 … 6, of the token after the first of these (kSlot)
  int num_tokens = 1;  // of the reading: its last ones
};

}  // namespace orpheus::llama
