#pragma once
// Where a piece's text is in its prompt, for a language model that is asked for its attention. A
// pure function: may be called from any thread.

#include <span>
#include <string_view>
#include <vector>

#include "align/text_rows.h"
#include "lm/language_model.h"
#include "prompt/tokenizer.h"
#include "text/words.h"

namespace orpheus::speech {

// Sets text_rows of a request with the prompt of "prefix" + text (prompt::build_prompt). words: of
// the text. Returns its rows.
std::vector<align::TextRow> ask_for_attention(lm::GenerateRequest& request,
                                              const prompt::Tokenizer& tokenizer,
                                              std::string_view prefix, std::string_view text,
                                              std::span<const text::Word> words);

}  // namespace orpheus::speech
