#include "snac/decoder_block.h"

#include <algorithm>

namespace orpheus::snac {
namespace {

// Bytes of a block's output that are multiplied with the next block's weights together.
constexpr int kPortionBytes = 256 << 10;
// Bytes of a block's rows that go from upsampling through the units together, so that all
// intermediate rows stay in the cache of one core.
constexpr int kStretchBytes = 48 << 10;

int rows_in(int num_bytes, int stride) {
  return std::max(1, num_bytes / (stride * static_cast<int>(sizeof(float))));
}

}  // namespace

DecoderBlock::DecoderBlock(const CpuBlock& weights, int index, const Config& config,
                           const NoiseSource& noise, SharedProduct* shared_upsample,
                           int64_t first_row)
    : weights_(weights),
      index_(index),
      noise_(noise),
      upsample_(weights.upsample, config.decoder_rates[static_cast<size_t>(index)], shared_upsample,
                first_row),
      upsampled_(upsample_.out_stride(), upsample_.next_row()),
      noisy_(upsampled_.stride()),
      units_(weights.units, std::max<int64_t>(0, upsample_.next_row())),
      out_(upsampled_.stride(), units_.next_row()),
      rows_per_portion_(rows_in(kPortionBytes, out_.stride())),
      rows_per_stretch_(rows_in(kStretchBytes, out_.stride())) {}

void DecoderBlock::step(const Piece& x, const Next& next) {
  weights_.snake.apply(x.rows, x.num_rows, upsample_.append(x.num_rows));
  if (x.ends_sound) upsample_.flush();
  upsample_.give(upsampled_);
  do {
    out_.clear();
    bool ends_sound = false;
    do {
      ends_sound = give_stretch(x.ends_sound);
    } while (upsampled_.size() > 0 && out_.size() < rows_per_portion_);
    next(out_.piece(ends_sound));
  } while (upsampled_.size() > 0);
}

// Appends the output of the next upsampled rows to out_. True if they are the last rows of the
// sound.
bool DecoderBlock::give_stretch(bool ends_sound) {
  const int count = std::min(rows_per_stretch_, upsampled_.size());
  const bool is_last = ends_sound && count == upsampled_.size();
  units_.step(with_noise({upsampled_.data(), count, is_last}), out_);
  upsampled_.drop_front(count);
  return is_last;
}

// The next upsampled rows: x + n · (noise · x), n of each row's place in the sound.
Piece DecoderBlock::with_noise(const Piece& x) {
  if (weights_.noise.num_inputs() == 0 || x.num_rows == 0) return x;
  noise_values_.resize(static_cast<size_t>(x.num_rows));
  noise_(index_, upsampled_.first_row(), noise_values_);
  noisy_.clear();
  weights_.noise.multiply_scaled(x.rows, upsampled_.stride(), x.num_rows, noise_values_.data(),
                                 noisy_.append(x.num_rows), noisy_.stride());
  return noisy_.piece(x.ends_sound);
}

}  // namespace orpheus::snac
