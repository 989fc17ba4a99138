#pragma once
// A grammar in llama.cpp's notation (GBNF) that restricts a model to whole frames: seven tokens,
// each from its slot's 4096, then the next frame or the end of speech. A pure function.

#include <string>

#include "prompt/token.h"

namespace orpheus::remote {

// may_end: whether end of speech may follow a frame.
std::string slot_grammar(const prompt::TokenLayout& layout, bool may_end);

// The numbers low … high, 0 <= low <= high, as alternatives of digits: 8 … 12 is
// "[8-9] | \"1\" [0-2]".
std::string number_range(int low, int high);

}  // namespace orpheus::remote
