#include "snac/cpu_stream.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "snac/product.h"

namespace orpheus::snac {
namespace {

// The number of frames that enter together. It gives enough rows for each reading of the first
// block's weights, the largest ones.
constexpr size_t kFramesAtOnce = 16;

// Makes the chain of blocks. Each begins at the next row of the block before it.
std::vector<DecoderBlock> blocks_of(const CpuWeights& weights, const NoiseSource& noise,
                                    SharedProduct* first_upsample, int64_t first_row) {
  std::vector<DecoderBlock> blocks;
  blocks.reserve(weights.blocks.size());
  for (size_t i = 0; i < weights.blocks.size(); ++i) {
    blocks.emplace_back(weights.blocks[i], static_cast<int>(i), weights.config, noise,
                        i == 0 ? first_upsample : nullptr, first_row);
    first_row = blocks.back().next_row();
  }
  return blocks;
}

}  // namespace

CpuStream::CpuStream(std::shared_ptr<const CpuWeights> weights, NoiseSource noise,
                     std::shared_ptr<SharedProduct> first_upsample, int64_t first_latent,
                     Observer observer)
    : weights_(std::move(weights)),
      noise_(std::move(noise)),
      first_upsample_(std::move(first_upsample)),
      observer_(std::move(observer)),
      dequantiser_(*weights_),
      latents_(padded(weights_->config.latent_dim), first_latent - first_latent % kLatentsPerFrame),
      depthwise_in_(weights_->depthwise_in, first_latent),
      convolved_(latents_.stride(), depthwise_in_.next_row()),
      widened_(padded(weights_->config.decoder_dim), depthwise_in_.next_row()),
      blocks_(blocks_of(*weights_, noise_, first_upsample_.get(), depthwise_in_.next_row())),
      to_mono_(weights_->to_mono, blocks_.back().next_row()),
      samples_(1, to_mono_.next_row()) {}

Result<void> CpuStream::push(std::span<const codes::Frame> frames, const SampleSink& sink) {
  ORPHEUS_CHECK(check_codes(frames, weights_->config.codebook_size));
  for (; !frames.empty(); frames = frames.subspan(std::min(frames.size(), kFramesAtOnce))) {
    dequantiser_.append(frames.first(std::min(frames.size(), kFramesAtOnce)), latents_);
    step(false);
    ORPHEUS_CHECK(give(sink));
  }
  return {};
}

Result<void> CpuStream::finish(const SampleSink& sink) {
  step(true);
  return give(sink);
}

void CpuStream::step(bool ends_sound) {
  latents_.drop_before(depthwise_in_.next_input());  // those of the first frame before first_latent
  convolved_.clear();
  depthwise_in_.step(latents_.piece(ends_sound), convolved_);
  latents_.clear();
  const int count = convolved_.size();
  observe(0, convolved_.data(), count, convolved_.stride());
  widened_.clear();
  weights_->pointwise_in.multiply(convolved_.data(), convolved_.stride(), count,
                                  widened_.append(count), widened_.stride());
  observe(1, widened_.data(), count, widened_.stride());
  step_blocks(0, widened_.piece(ends_sound));
}

// Each portion goes through all following blocks before the next portion is made.
void CpuStream::step_blocks(size_t first, const Piece& x) {
  if (first == blocks_.size()) return step_out(x);
  blocks_[first].step(x, [this, first](const Piece& portion) {
    observe(static_cast<int>(first) + 2, portion.rows, portion.num_rows,
            padded(weights_->config.block_channels(static_cast<int>(first))));
    step_blocks(first + 1, portion);
  });
}

void CpuStream::step_out(const Piece& x) {
  float* snaked = to_mono_.append(x.num_rows);
  weights_->snake_out.apply(x.rows, x.num_rows, snaked);
  observe(6, snaked, x.num_rows, weights_->to_mono.in_stride());
  if (x.ends_sound) to_mono_.flush();
  const int count = to_mono_.num_ready();
  float* samples = samples_.append(count);
  to_mono_.give(count, samples);
  observe(7, samples, count, 1);
  for (int i = 0; i < count; ++i) samples[i] = std::tanh(samples[i]);
  observe(8, samples, count, 1);
}

Result<void> CpuStream::give(const SampleSink& sink) {
  if (samples_.size() == 0) return {};
  const std::span<const float> samples(samples_.data(), static_cast<size_t>(samples_.size()));
  ORPHEUS_CHECK(check_samples(samples));
  const bool wanted = sink(samples);
  samples_.clear();
  if (wanted) return {};
  return fail({.kind = ErrorKind::kCancelled, .what = "the request was cancelled"});
}

}  // namespace orpheus::snac
