#include "snac/cpu_stream.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "snac/vectors.h"

namespace orpheus::snac {
namespace {

constexpr int kRadius = kKernel / 2;
// Rows of a residual unit that go through its layers together: they stay in the nearest cache.
constexpr int kTileRows = 48;
// Bytes of a block's output that are made at once: they stay in the cache of one core until the
// next block has read them.
constexpr int kPortionBytes = 256 << 10;
// Frames that enter together: enough rows for each reading of the first block's weights, the
// largest.
constexpr size_t kFramesAtOnce = 8;

}  // namespace

ResidualUnit::ResidualUnit(const CpuResidualUnit& weights)
    : weights_(weights),
      radius_(kRadius * weights.depthwise.dilation),
      input_(static_cast<int>(weights.depthwise.bias.size())),
      snaked_(input_.stride(), radius_),
      tile_(input_.stride()) {}

void ResidualUnit::push(const float* rows, int num_rows, bool last, Rows& out) {
  input_.append(rows, num_rows);
  weights_.snake_in.apply(rows, num_rows, snaked_.append(num_rows));
  if (last) snaked_.append_zeros(radius_);
  const int ready = snaked_.size() - 2 * radius_;
  if (ready <= 0) return;
  const int stride = input_.stride();
  float* given = out.append(ready);
  for (int row = 0; row < ready; row += kTileRows) {
    const int count = std::min(kTileRows, ready - row);
    const ptrdiff_t offset = static_cast<ptrdiff_t>(row) * stride;
    tile_.clear();
    float* tile = tile_.append(count);
    weights_.depthwise.apply(snaked_.data() + offset, count, tile);
    weights_.snake_mid.apply(tile, count, tile);
    weights_.pointwise.multiply_add(tile, stride, count, input_.data() + offset, stride,
                                    given + offset, stride);
  }
  input_.drop_front(ready);
  snaked_.drop_front(ready);
}

Block::Block(const CpuBlock& weights, int index, const Config& config, const NoiseSource& noise)
    : weights_(weights),
      index_(index),
      rate_(config.decoder_rates[static_cast<size_t>(index)]),
      noise_(noise),
      snaked_(static_cast<int>(weights.snake.alpha.size()), 1),
      upsampled_(padded(config.block_channels(index))),
      noisy_(upsampled_.stride()),
      num_to_crop_(rate_ / 2) {
  for (const CpuResidualUnit& unit : weights.units) {
    units_.emplace_back(unit);
    between_.emplace_back(upsampled_.stride());
  }
}

// Appends to upsampled_ what num_rows new rows of snaked_ make.
void Block::upsample(int num_rows, bool last) {
  if (last) {
    // One more step of silence lets the last taps sound; the padding takes off what lies past the
    // end.
    snaked_.append_zeros(1);
    ++num_rows;
  }
  if (num_rows == 0) return;
  const int stride = upsampled_.stride();
  float* out = upsampled_.append(num_rows * rate_);
  weights_.upsample.multiply(snaked_.data(), snaked_.stride(), num_rows, out, rate_ * stride);
  snaked_.drop_front(num_rows);
  if (last) upsampled_.drop_back(rate_ - rate_ / 2);
  const int cropped = std::min(num_to_crop_, upsampled_.size());
  upsampled_.drop_front(cropped);
  num_to_crop_ -= cropped;
}

void Block::push(const float* rows, int num_rows, bool last, Rows& out) {
  weights_.snake.apply(rows, num_rows, snaked_.append(num_rows));
  upsampled_.clear();
  upsample(num_rows, last);
  const int count = upsampled_.size();
  const float* x = upsampled_.data();
  if (weights_.noise.num_inputs() > 0) {
    noise_values_.resize(static_cast<size_t>(count));
    noise_(index_, next_step_, noise_values_);
    noisy_.clear();
    weights_.noise.multiply_scaled(x, upsampled_.stride(), count, noise_values_.data(),
                                   noisy_.append(count), noisy_.stride());
    x = noisy_.data();
  }
  next_step_ += count;
  int waiting = count;
  for (size_t i = 0; i < units_.size(); ++i) {
    Rows& given = i + 1 == units_.size() ? out : between_[i];
    const int before = given.size();
    if (i + 1 < units_.size()) given.clear();
    units_[i].push(x, waiting, last, given);
    waiting = given.size() - (i + 1 < units_.size() ? 0 : before);
    x = given.data();
  }
}

CpuStream::CpuStream(std::shared_ptr<const CpuWeights> weights, NoiseSource noise,
                     int64_t first_frame, Observer observer)
    : weights_(std::move(weights)),
      noise_([noise = std::move(noise), first_frame, config = weights_->config](
                 int block, int64_t step, std::span<float> values) {
        noise(block, first_frame * config.steps_per_frame(block) + step, values);
      }),
      observer_(std::move(observer)),
      latents_(padded(weights_->config.latent_dim), kRadius),
      convolved_(latents_.stride()),
      widened_(padded(weights_->config.decoder_dim)),
      snaked_out_(padded(weights_->config.block_channels(weights_->config.num_blocks() - 1)),
                  kRadius) {
  blocks_.reserve(weights_->blocks.size());
  for (int i = 0; i < weights_->config.num_blocks(); ++i) {
    blocks_.emplace_back(weights_->blocks[static_cast<size_t>(i)], i, weights_->config, noise_);
    block_outputs_.emplace_back(padded(weights_->config.block_channels(i)));
  }
}

Result<void> CpuStream::push(std::span<const codes::Frame> frames, const SampleSink& sink) {
  ORPHEUS_CHECK(check_codes(frames, weights_->config.codebook_size));
  for (; !frames.empty(); frames = frames.subspan(std::min(frames.size(), kFramesAtOnce))) {
    latents_of(frames.first(std::min(frames.size(), kFramesAtOnce)));
    push_latents(false);
    ORPHEUS_CHECK(give(sink));
  }
  return {};
}

Result<void> CpuStream::finish(const SampleSink& sink) {
  latents_.append_zeros(kRadius);
  push_latents(true);
  return give(sink);
}

// Appends four rows for each frame: the sum of its codes' projected vectors, each as often as its
// codebook's stride.
void CpuStream::latents_of(std::span<const codes::Frame> frames) {
  const codes::CodeRows codes = codes::rows_of(frames);
  const std::array<std::span<const int32_t>, kNumCodebooks> rows = {codes.c0, codes.c1, codes.c2};
  const int stride = latents_.stride();
  const auto num_latents = static_cast<int>(frames.size()) * kLatentsPerFrame;
  float* latents = latents_.append(num_latents);
  vector_.resize(static_cast<size_t>(stride));
  for (size_t k = 0; k < rows.size(); ++k) {
    const CpuCodebook& codebook = weights_->codebooks[k];
    const int dim = codebook.project.num_inputs();
    for (size_t i = 0; i < rows[k].size(); ++i) {
      const float* code = codebook.codes.data() + static_cast<ptrdiff_t>(rows[k][i]) * dim;
      codebook.project.multiply(code, dim, 1, vector_.data(), stride);
      for (int repeat = 0; repeat < kVqStrides[k]; ++repeat) {
        float* latent = latents + (static_cast<ptrdiff_t>(i) * kVqStrides[k] + repeat) * stride;
        for (int c = 0; c < stride; ++c) {
          const auto value = vector_[static_cast<size_t>(c)];
          latent[c] = k == 0 ? value : latent[c] + value;
        }
      }
    }
  }
}

void CpuStream::push_latents(bool last) {
  const int ready = std::max(0, latents_.size() - 2 * kRadius);
  convolved_.clear();
  widened_.clear();
  weights_->depthwise_in.apply(latents_.data(), ready, convolved_.append(ready));
  latents_.drop_front(ready);
  observe(0, convolved_.data(), ready, convolved_.stride());
  weights_->pointwise_in.multiply(convolved_.data(), convolved_.stride(), ready,
                                  widened_.append(ready), widened_.stride());
  observe(1, widened_.data(), ready, widened_.stride());
  push_block(0, widened_.data(), ready, last);
}

// In portions whose output stays in the cache until the next block has read it.
void CpuStream::push_block(size_t index, const float* rows, int num_rows, bool last) {
  if (index == blocks_.size()) return push_out(rows, num_rows, last);
  Rows& out = block_outputs_[index];
  const int in_stride = padded(weights_->config.decoder_dim >> index);
  const int out_bytes =
      weights_->config.decoder_rates[index] * out.stride() * static_cast<int>(sizeof(float));
  const int portion = std::max(1, kPortionBytes / out_bytes);
  do {
    const int count = std::min(portion, num_rows);
    num_rows -= count;
    const bool last_portion = last && num_rows == 0;
    out.clear();
    blocks_[index].push(rows, count, last_portion, out);
    observe(static_cast<int>(index) + 2, out.data(), out.size(), out.stride());
    push_block(index + 1, out.data(), out.size(), last_portion);
    rows += static_cast<ptrdiff_t>(count) * in_stride;
  } while (num_rows > 0);
}

void CpuStream::push_out(const float* rows, int num_rows, bool last) {
  float* snaked = snaked_out_.append(num_rows);
  weights_->snake_out.apply(rows, num_rows, snaked);
  observe(6, snaked, num_rows, snaked_out_.stride());
  if (last) snaked_out_.append_zeros(kRadius);
  const int ready = std::max(0, snaked_out_.size() - 2 * kRadius);
  const size_t before = samples_.size();
  samples_.resize(before + static_cast<size_t>(ready));
  weights_->to_mono.apply(snaked_out_.data(), ready, samples_.data() + before);
  observe(7, samples_.data() + before, ready, 1);
  for (size_t i = before; i < samples_.size(); ++i) samples_[i] = std::tanh(samples_[i]);
  observe(8, samples_.data() + before, ready, 1);
  snaked_out_.drop_front(ready);
}

Result<void> CpuStream::give(const SampleSink& sink) {
  if (samples_.empty()) return {};
  const bool wanted = sink(samples_);
  samples_.clear();
  if (wanted) return {};
  return fail({.kind = ErrorKind::kCancelled, .what = "the listener left"});
}

}  // namespace orpheus::snac
