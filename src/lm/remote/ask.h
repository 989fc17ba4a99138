#pragma once
// A request for tokens as each kind of server wants it. A pure function.

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

// Sampling is asked for in our order (penalty over everything, temperature, top-k, top-p, min-p)
// where the server accepts an order. usual: for what the request leaves open; an orpheus server has
// its own, and gets the request's values alone.
Ask ask_for_tokens(const ServerFacts& facts, const lm::GenerateRequest& request,
                   const Prompt& prompt, const prompt::TokenLayout& layout,
                   const lm::Sampling& usual = {});

}  // namespace orpheus::remote
