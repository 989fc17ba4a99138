#pragma once
// Builds the HTTP request for tokens in each kind of server's dialect. A pure function.

#include <string>
#include <variant>
#include <vector>

#include "lm/language_model.h"
#include "lm/remote/server_facts.h"
#include "prompt/token.h"

namespace orpheus::remote {

using Prompt = std::variant<std::vector<prompt::Token>, std::string>;

struct Ask {
  std::string route;
  std::string body;  // JSON
};

// Asks for sampling in our order (penalty over everything, temperature, top-k, top-p, min-p) if the
// server accepts an order. usual: values that the request leaves open. An orpheus server has its
// own defaults, so it gets only the request's values.
Ask ask_for_tokens(const ServerFacts& facts, const lm::GenerateRequest& request,
                   const Prompt& prompt, const prompt::TokenLayout& layout,
                   const lm::Sampling& usual = {});

}  // namespace orpheus::remote
