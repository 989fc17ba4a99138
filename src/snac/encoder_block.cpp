#include "snac/encoder_block.h"

namespace orpheus::snac {

EncoderBlock::EncoderBlock(const EncoderBlockWeights& weights, int64_t first_row)
    : weights_(weights),
      units_(weights.units, first_row),
      units_out_(weights.downsample.in_stride(), units_.next_row()),
      downsample_(weights.downsample, units_.next_row()) {}

void EncoderBlock::step(const Piece& x, Rows& out) {
  units_out_.clear();
  units_.step(x, units_out_);
  const int count = units_out_.size();
  weights_.snake.apply(units_out_.data(), count, downsample_.append(count));
  downsample_.step({.ends_sound = x.ends_sound}, out);
}

}  // namespace orpheus::snac
