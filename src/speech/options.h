#pragma once
// Settings of a speech. Filled by config/.

#include <cstddef>

namespace orpheus::speech {

struct Options {
  size_t max_text_code_points = 32768;
  size_t max_piece_code_points = 400;  // a text is spoken in pieces of at most this length
};

}  // namespace orpheus::speech
