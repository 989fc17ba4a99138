#pragma once
// The input rows that a convolution reads.

namespace orpheus::snac {

// Output row t reads the input rows in [t · stride − left, (t + 1) · stride + right). Rows outside
// the sound are zeros.
struct Reach {
  int stride = 1;  // input rows from an output row to the next
  int left = 0;    // rows of context before, and after
  int right = 0;
  constexpr int num_rows() const { return left + stride + right; }
};

}  // namespace orpheus::snac
