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
constexpr int kTileRows = 24;
// Bytes of a block's output that meet the next block's weights together.
constexpr int kPortionBytes = 256 << 10;
// Bytes of a block's rows that go from its upsampling through its units together: all that they
// leave on their way stays in the cache of one core.
constexpr int kStretchBytes = 48 << 10;
// Rows from which on the reading of the first block's weights, 34 MB in the released codec, is no
// longer felt.
constexpr int kFewRows = 48;
// Frames that enter together: enough rows for each reading of the first block's weights, the
// largest.
constexpr size_t kFramesAtOnce = 16;

int rows_in(int num_bytes, int stride) {
  return std::max(1, num_bytes / (stride * static_cast<int>(sizeof(float))));
}

}  // namespace

ResidualUnit::ResidualUnit(const CpuResidualUnit& weights, Start start)
    : weights_(weights),
      radius_(kRadius * weights.depthwise.dilation),
      num_to_skip_(start == Start::kOfSound ? 0 : radius_),
      input_(static_cast<int>(weights.depthwise.bias.size())),
      snaked_(input_.stride(), start == Start::kOfSound ? radius_ : 0),
      tile_(input_.stride()) {}

void ResidualUnit::push(const float* rows, int num_rows, bool last, Rows& out) {
  input_.append(rows, num_rows);
  const int skipped = std::min(num_to_skip_, input_.size());
  input_.drop_front(skipped);
  num_to_skip_ -= skipped;
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

Block::Block(const CpuBlock& weights, int index, const Config& config, const NoiseSource& noise,
             SharedProduct* shared_upsample, Start start, int64_t first_row)
    : weights_(weights),
      index_(index),
      rate_(config.decoder_rates[static_cast<size_t>(index)]),
      noise_(noise),
      shared_upsample_(shared_upsample),
      snaked_(static_cast<int>(weights.snake.alpha.size()), start == Start::kOfSound ? 1 : 0),
      upsampled_(padded(config.block_channels(index))),
      noisy_(upsampled_.stride()),
      num_to_crop_(start == Start::kOfSound ? rate_ / 2 : 0),
      next_step_(start == Start::kOfSound ? 0 : (first_row + 1) * rate_ - rate_ / 2),
      next_row_(next_step_) {
  for (const CpuResidualUnit& unit : weights.units) {
    units_.emplace_back(unit, start);
    between_.emplace_back(upsampled_.stride());
    if (start == Start::kWithinSound) next_row_ += units_.back().radius();
  }
}

// A row makes rate_ rows, together with the one before it.
void Block::push(const float* rows, int num_rows, bool last) {
  weights_.snake.apply(rows, num_rows, snaked_.append(num_rows));
  // One more step of silence lets the last taps sound; the padding takes off what lies past the
  // end.
  if (last) snaked_.append_zeros(1);
  const int num_steps = snaked_.size() - 1;
  if (num_steps <= 0) return;
  const int stride = upsampled_.stride();
  float* out = upsampled_.append(num_steps * rate_);
  const Product product = {snaked_.data(), snaked_.stride(), num_steps, out, rate_ * stride};
  if (shared_upsample_ != nullptr && num_steps < kFewRows) {
    shared_upsample_->multiply(product);
  } else {
    weights_.upsample.multiply(product);
  }
  snaked_.drop_front(num_steps);
  if (last) upsampled_.drop_back(rate_ - rate_ / 2);
  const int cropped = std::min(num_to_crop_, upsampled_.size());
  upsampled_.drop_front(cropped);
  num_to_crop_ -= cropped;
}

void Block::give(int num_rows, bool last, Rows& out) {
  const float* x = upsampled_.data();
  if (weights_.noise.num_inputs() > 0) {
    noise_values_.resize(static_cast<size_t>(num_rows));
    noise_(index_, next_step_, noise_values_);
    noisy_.clear();
    weights_.noise.multiply_scaled(x, upsampled_.stride(), num_rows, noise_values_.data(),
                                   noisy_.append(num_rows), noisy_.stride());
    x = noisy_.data();
  }
  next_step_ += num_rows;
  const int size_before = out.size();
  int waiting = num_rows;
  for (size_t i = 0; i < units_.size(); ++i) {
    const bool last_unit = i + 1 == units_.size();
    Rows& given = last_unit ? out : between_[i];
    if (!last_unit) given.clear();
    units_[i].push(x, waiting, last, given);
    waiting = given.size();
    x = given.data();
  }
  upsampled_.drop_front(num_rows);
  next_row_ += out.size() - size_before;
}

CpuStream::CpuStream(std::shared_ptr<const CpuWeights> weights, NoiseSource noise,
                     std::shared_ptr<SharedProduct> first_upsample, int64_t first_latent,
                     Observer observer)
    : weights_(std::move(weights)),
      noise_(std::move(noise)),
      first_upsample_(std::move(first_upsample)),
      observer_(std::move(observer)),
      num_latents_to_skip_(static_cast<int>(first_latent % kLatentsPerFrame)),
      latents_(padded(weights_->config.latent_dim), first_latent == 0 ? kRadius : 0),
      convolved_(latents_.stride()),
      widened_(padded(weights_->config.decoder_dim)),
      snaked_out_(padded(weights_->config.block_channels(weights_->config.num_blocks() - 1)),
                  first_latent == 0 ? kRadius : 0) {
  const Start start = first_latent == 0 ? Start::kOfSound : Start::kWithinSound;
  const int radius = start == Start::kOfSound ? 0 : kRadius;
  int64_t next_row = first_latent + radius;
  blocks_.reserve(weights_->blocks.size());
  for (int i = 0; i < weights_->config.num_blocks(); ++i) {
    blocks_.emplace_back(weights_->blocks[static_cast<size_t>(i)], i, weights_->config, noise_,
                         i == 0 ? first_upsample_.get() : nullptr, start, next_row);
    block_outputs_.emplace_back(padded(weights_->config.block_channels(i)));
    next_row = blocks_.back().next_row();
  }
  next_sample_ = next_row + radius;
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
  const int skipped = std::min(num_latents_to_skip_, latents_.size());
  latents_.drop_front(skipped);
  num_latents_to_skip_ -= skipped;
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

// All rows meet a block's largest weights together; then they go on in portions that stay in the
// cache until the next block has read them.
void CpuStream::push_block(size_t index, const float* rows, int num_rows, bool last) {
  if (index == blocks_.size()) return push_out(rows, num_rows, last);
  Block& block = blocks_[index];
  Rows& out = block_outputs_[index];
  const int portion = rows_in(kPortionBytes, out.stride());
  const int stretch = rows_in(kStretchBytes, out.stride());
  block.push(rows, num_rows, last);
  do {
    out.clear();
    bool last_portion = false;
    do {
      const int count = std::min(stretch, block.num_waiting());
      last_portion = last && count == block.num_waiting();
      block.give(count, last_portion, out);
    } while (block.num_waiting() > 0 && out.size() < portion);
    observe(static_cast<int>(index) + 2, out.data(), out.size(), out.stride());
    push_block(index + 1, out.data(), out.size(), last_portion);
  } while (block.num_waiting() > 0);
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
  next_sample_ += static_cast<int64_t>(samples_.size());
  samples_.clear();
  if (wanted) return {};
  return fail({.kind = ErrorKind::kCancelled, .what = "the listener left"});
}

}  // namespace orpheus::snac
