#pragma once
// A block of the encoder over a stream of rows: three residual units → snake → strided convolution.
// One thread at a time.

#include <cstdint>

#include "snac/encoder_weights.h"
#include "snac/residual_unit.h"
#include "snac/rows.h"
#include "snac/streaming_conv.h"

namespace orpheus::snac {

class EncoderBlock {
 public:
  // first_row: see StreamingConv. The weights must outlive the block.
  EncoderBlock(const EncoderBlockWeights& weights, int64_t first_row);
  int64_t next_row() const { return downsample_.next_row(); }
  int out_stride() const { return weights_.downsample.out_stride(); }
  // Takes a piece. Appends to `out` the rows that are ready.
  void step(const Piece& x, Rows& out);

 private:
  const EncoderBlockWeights& weights_;
  ResidualUnits units_;
  Rows units_out_;                       // [in_channels, n_rows]
  StreamingConv<DenseConv> downsample_;  // of snake(x)
};

}  // namespace orpheus::snac
