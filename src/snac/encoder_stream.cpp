#include "snac/encoder_stream.h"

#include <algorithm>
#include <utility>

namespace orpheus::snac {
namespace {

// The number of samples that go through the first blocks together; their rows stay in a core's
// cache.
constexpr size_t kPortionSamples = 2048;
// From this block on, the rows of many portions go together, because weights are large and rows
// few.
constexpr size_t kFirstWideBlock = 2;

}  // namespace

EncoderStream::EncoderStream(std::shared_ptr<const EncoderWeights> weights)
    : weights_(std::move(weights)),
      convolution_in_(weights_->convolution_in, 0),
      widened_(weights_->convolution_in.out_stride()),
      depthwise_out_(weights_->depthwise_out, 0) {
  blocks_.reserve(weights_->blocks.size());
  for (const EncoderBlockWeights& block : weights_->blocks) {
    blocks_.emplace_back(block, 0);
    block_outputs_.emplace_back(blocks_.back().out_stride());
  }
}

void EncoderStream::push(std::span<const float> samples, bool last, Rows& latents) {
  const size_t first_wide = std::min(kFirstWideBlock, blocks_.size());
  const auto step_block = [this](size_t i, const Piece& x) {
    blocks_[i].step(x, block_outputs_[i]);
    return block_outputs_[i].piece(x.ends_sound);
  };
  block_outputs_[first_wide - 1].clear();
  do {
    const size_t count = std::min(samples.size(), kPortionSamples);
    const bool last_portion = last && count == samples.size();
    widened_.clear();
    convolution_in_.step({samples.data(), static_cast<int>(count), last_portion}, widened_);
    samples = samples.subspan(count);
    Piece x = widened_.piece(last_portion);
    for (size_t i = 0; i < first_wide; ++i) {
      if (i + 1 < first_wide) block_outputs_[i].clear();
      x = step_block(i, x);
    }
  } while (!samples.empty());
  Piece x = block_outputs_[first_wide - 1].piece(last);
  for (size_t i = first_wide; i < blocks_.size(); ++i) {
    block_outputs_[i].clear();
    x = step_block(i, x);
  }
  depthwise_out_.step(x, latents);
}

}  // namespace orpheus::snac
