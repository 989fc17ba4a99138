#include "lm/remote/prompt_text.h"

namespace orpheus::remote {

std::string neutralised(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    safe += text[i];
    const std::string_view rest = text.substr(i);
    if (rest.starts_with("<|") || rest.starts_with("<custom_token_")) safe += ' ';
  }
  return safe;
}

std::string prompt_text(std::string_view spoken) {
  return "<custom_token_3><|begin_of_text|>" + neutralised(spoken) +
         "<|eot_id|><custom_token_4><custom_token_5><custom_token_1>";
}

}  // namespace orpheus::remote
