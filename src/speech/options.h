#pragma once
// Settings of a speech. Filled by config/.

#include <cstddef>

namespace orpheus::speech {

struct Options {
  size_t max_text_code_points = 32768;
  size_t max_piece_code_points = 400;  // a text is spoken in pieces of at most this length
  int first_window_frames = 4;         // of the codec: smaller sounds sooner and decodes more twice
  int max_window_frames = 32;
};

}  // namespace orpheus::speech
