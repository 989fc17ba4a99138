#include "prompt/prompt.h"

#include <string>

namespace orpheus::prompt {

Result<std::vector<Token>> build_prompt(const Tokenizer& tokenizer, const TokenLayout& layout,
                                        std::string_view voice, std::string_view text) {
  ORPHEUS_TRY(const auto spoken, tokenizer.encode(std::string(voice) + ": " + std::string(text)));
  std::vector<Token> prompt = {layout.start_of_human, layout.begin_of_text};
  prompt.insert(prompt.end(), spoken.begin(), spoken.end());
  prompt.insert(prompt.end(), {layout.end_of_text, layout.end_of_human, layout.start_of_ai,
                               layout.start_of_speech});
  return prompt;
}

}  // namespace orpheus::prompt
