#pragma once
// The input rows that a convolution reads.

namespace orpheus::snac {

// Output row t reads the input rows in [t · stride − left, (t + 1) · stride + right). Rows outside
// the sound are zeros.
struct Reach {
  int stride = 1;  // distance of two output rows, in input rows
  int left = 0;    // context: rows before (left), rows after (right)
  int right = 0;
  constexpr int num_rows() const { return left + stride + right; }
};

}  // namespace orpheus::snac
