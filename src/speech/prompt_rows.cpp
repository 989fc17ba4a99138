#include "speech/prompt_rows.h"

#include <string>
#include <utility>
#include <vector>

#include "prompt/prompt.h"

namespace orpheus::speech {

std::vector<align::TextRow> ask_for_attention(lm::GenerateRequest& request,
                                              const prompt::Tokenizer& tokenizer,
                                              std::string_view prefix, std::string_view text,
                                              std::span<const text::Word> words) {
  std::vector<std::string> tokens;
  for (const lm::Token token : prompt::text_of(request.prompt))
    tokens.push_back(tokenizer.text_of(token));
  align::TextRows found = align::text_rows(tokens, prefix.size(), text, words);
  request.text_rows = {.first = prompt::kTokensBeforeText + found.first,
                       .count = static_cast<int>(found.rows.size())};
  return std::move(found.rows);
}

}  // namespace orpheus::speech
