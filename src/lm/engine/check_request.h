#pragma once
// What a request to the engine must be. Pure. For this folder only.

#include "base/result.h"
#include "lm/language_model.h"

namespace orpheus::engine {

// Errors: kUsage (no prompt, an id outside the vocabulary, no tokens wanted, rows of a text outside
// the prompt), kLimit (no room for a token, or for the forced ones, behind the prompt).
Result<void> check_request(const lm::GenerateRequest& request, int vocabulary_size,
                           int context_tokens);

}  // namespace orpheus::engine
