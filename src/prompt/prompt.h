#pragma once
// The prompt of one piece of speech: start of human, begin of text, "voice: text", end of text, end
// of human, start of AI, start of speech. One begin-of-text token, never two; special tokens in the
// text stay text. A pure function: may be called from any thread.

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "prompt/token.h"
#include "prompt/tokenizer.h"

namespace orpheus::prompt {

// Errors: kUsage (text is not UTF-8).
Result<std::vector<Token>> build_prompt(const Tokenizer& tokenizer, const TokenLayout& layout,
                                        std::string_view voice, std::string_view text);

// Where the tokens of "voice: text" begin in such a prompt, and how many tokens follow them.
inline constexpr int kTokensBeforeText = 2;
inline constexpr int kTokensBehindText = 4;

// Those of "voice: text".
constexpr std::span<const Token> text_of(std::span<const Token> prompt) {
  constexpr size_t kAround = kTokensBeforeText + kTokensBehindText;
  return prompt.subspan(std::min<size_t>(kTokensBeforeText, prompt.size()),
                        prompt.size() > kAround ? prompt.size() - kAround : 0);
}

}  // namespace orpheus::prompt
