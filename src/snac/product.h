#pragma once
// The rows of a product, and how many values a row of channels has in memory.

namespace orpheus::snac {

// Rows are padded with zeros to whole vectors of every processor.
inline constexpr int kRowMultiple = 16;

// The number of channels in memory.
inline constexpr int padded(int channels) {
  return (channels + kRowMultiple - 1) / kRowMultiple * kRowMultiple;
}

// Input rows and the place of their products. Row t begins at in + t · in_stride, its product at
// out + t · out_stride. Input rows may overlap.
struct Product {
  const float* in;
  int in_stride;
  int num_rows;
  float* out;
  int out_stride;
};

}  // namespace orpheus::snac
