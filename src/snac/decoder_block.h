#pragma once
// A block of the decoder over a stream of rows: snake → upsample → noise → three residual units.
// One thread at a time.

#include <cstdint>
#include <functional>
#include <vector>

#include "snac/cpu_weights.h"
#include "snac/noise.h"
#include "snac/residual_unit.h"
#include "snac/rows.h"
#include "snac/streaming_upsample.h"

namespace orpheus::snac {

class DecoderBlock {
 public:
  // Receives the block's output. The rows are valid until it returns.
  using Next = std::function<void(const Piece&)>;

  // first_row: see StreamingConv. shared_upsample: see StreamingUpsample. Everything that is passed
  // by reference must outlive the block.
  DecoderBlock(const CpuBlock& weights, int index, const Config& config, const NoiseSource& noise,
               SharedProduct* shared_upsample, int64_t first_row);
  int64_t next_row() const { return units_.next_row(); }
  // Multiplies all rows of a piece by the upsampling matrix (the largest) in one product. Passes
  // output to next in portions that stay in the cache until the next block has read them.
  void step(const Piece& x, const Next& next);

 private:
  bool give_stretch(bool ends_sound);
  Piece with_noise(const Piece& x);

  const CpuBlock& weights_;
  const int index_;
  const NoiseSource& noise_;
  StreamingUpsample upsample_;       // of snake(x)
  Rows upsampled_;                   // [out_channels, n_rows]; first: the next row to return
  std::vector<float> noise_values_;  // [n_rows]
  Rows noisy_;                       // [out_channels, n_rows]
  ResidualUnits units_;
  Rows out_;  // [out_channels, n_rows]: a portion
  const int rows_per_portion_;
  const int rows_per_stretch_;
};

}  // namespace orpheus::snac
