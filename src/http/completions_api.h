#pragma once
// POST /v1/completions: the language model's tokens, for programs with their own prompts and codec.
// Prompts are ids, or text in which <custom_token_3> and the like are tokens.

#include <vector>

#include "http/context.h"
#include "http/router.h"

namespace orpheus::http {

std::vector<Route> completion_routes(const Context& context);

}  // namespace orpheus::http
