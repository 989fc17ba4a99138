#include "snac/encoder_stream.h"

#include <algorithm>
#include <utility>

#include "snac/vectors.h"

namespace orpheus::snac {
namespace {

constexpr int kRadius = kKernel / 2;
// Samples that go through the first blocks together: their rows stay in a core's cache.
constexpr int kPortionSamples = 2048;
// From this block on, the rows of many portions go together: weights are large, rows few.
constexpr size_t kFirstWideBlock = 2;

}  // namespace

EncoderBlock::EncoderBlock(const EncoderBlockWeights& weights, int channels)
    : weights_(weights), snaked_(padded(channels), weights.rate / 2) {
  for (const CpuResidualUnit& unit : weights.units) {
    units_.emplace_back(unit, Start::kOfSound);
    between_.emplace_back(snaked_.stride());
  }
}

void EncoderBlock::push(const float* rows, int num_rows, bool last, Rows& out) {
  for (size_t i = 0; i < units_.size(); ++i) {
    between_[i].clear();
    units_[i].push(rows, num_rows, last, between_[i]);
    rows = between_[i].data();
    num_rows = between_[i].size();
  }
  weights_.snake.apply(rows, num_rows, snaked_.append(num_rows));
  if (last) snaked_.append_zeros(weights_.rate / 2);
  const int num_ready = std::max(0, snaked_.size() / weights_.rate - 1);
  weights_.downsample.multiply(snaked_.data(), weights_.rate * snaked_.stride(), num_ready,
                               out.append(num_ready), out.stride());
  snaked_.drop_front(num_ready * weights_.rate);
}

EncoderStream::EncoderStream(std::shared_ptr<const EncoderWeights> weights)
    : weights_(std::move(weights)),
      samples_(1, kRadius),
      widened_(padded(weights_->config.encoder_dim)),
      convolved_(padded(weights_->config.latent_dim), kRadius) {
  blocks_.reserve(weights_->blocks.size());
  for (size_t i = 0; i < weights_->blocks.size(); ++i) {
    const int channels = weights_->config.encoder_dim << i;
    blocks_.emplace_back(weights_->blocks[i], channels);
    block_outputs_.emplace_back(padded(2 * channels));
  }
}

void EncoderStream::push(std::span<const float> samples, bool last, Rows& latents) {
  const size_t first_wide = std::min(kFirstWideBlock, blocks_.size());
  if (first_wide > 0) block_outputs_[first_wide - 1].clear();
  do {
    const auto count = std::min<size_t>(samples.size(), kPortionSamples);
    samples_.append(samples.data(), static_cast<int>(count));
    samples = samples.subspan(count);
    const bool last_portion = last && samples.empty();
    if (last_portion) samples_.append_zeros(kRadius);
    const int ready = std::max(0, samples_.size() - 2 * kRadius);
    widened_.clear();
    weights_->convolution_in.multiply(samples_.data(), 1, ready, widened_.append(ready),
                                      widened_.stride());
    samples_.drop_front(ready);
    const Rows* rows = &widened_;
    for (size_t i = 0; i < first_wide; ++i) {
      if (i + 1 < first_wide) block_outputs_[i].clear();
      blocks_[i].push(rows->data(), rows->size(), last_portion, block_outputs_[i]);
      rows = &block_outputs_[i];
    }
  } while (!samples.empty());
  const Rows* rows = first_wide > 0 ? &block_outputs_[first_wide - 1] : &widened_;
  for (size_t i = first_wide; i < blocks_.size(); ++i) {
    block_outputs_[i].clear();
    blocks_[i].push(rows->data(), rows->size(), last, block_outputs_[i]);
    rows = &block_outputs_[i];
  }
  convolved_.append(rows->data(), rows->size());
  if (last) convolved_.append_zeros(kRadius);
  const int ready = std::max(0, convolved_.size() - 2 * kRadius);
  weights_->depthwise_out.apply(convolved_.data(), ready, latents.append(ready));
  convolved_.drop_front(ready);
}

namespace {

// The mean of a codebook's stride of latents.
void average(const float* latents, int stride, int count, std::span<float> mean) {
  for (size_t c = 0; c < mean.size(); ++c) {
    float sum = 0;
    for (size_t i = 0; i < static_cast<size_t>(count); ++i)
      sum += latents[i * static_cast<size_t>(stride) + c];
    mean[c] = sum / static_cast<float>(count);
  }
}

// The nearest code to a latent; the first of equals.
class Search {
 public:
  Search(const QuantiserWeights& weights, const Config& config)
      : weights_(weights),
        config_(config),
        projected_(static_cast<size_t>(weights.project_in.num_columns())),
        nearness_(static_cast<size_t>(weights.nearness.num_columns())) {}

  int32_t nearest(std::span<const float> latent) {
    weights_.project_in.multiply(latent.data(), weights_.project_in.num_inputs(), 1,
                                 projected_.data(), weights_.project_in.num_columns());
    const auto dim = static_cast<size_t>(config_.codebook_dim);
    normalise(std::span(projected_).first(dim));
    weights_.nearness.multiply(projected_.data(), config_.codebook_dim, 1, nearness_.data(),
                               weights_.nearness.num_columns());
    return static_cast<int32_t>(
        std::max_element(nearness_.begin(), nearness_.begin() + config_.codebook_size) -
        nearness_.begin());
  }

 private:
  const QuantiserWeights& weights_;
  const Config& config_;
  std::vector<float> projected_;
  std::vector<float> nearness_;
};

}  // namespace

void quantise(const EncoderWeights& weights, float* latents, int stride, int num_frames,
              std::vector<codes::Frame>& frames) {
  std::vector<float> mean(static_cast<size_t>(stride));
  std::vector<float> taken(static_cast<size_t>(stride));
  const size_t first_frame = frames.size();
  frames.resize(first_frame + static_cast<size_t>(num_frames));
  for (size_t k = 0; k < weights.quantisers.size(); ++k) {
    const QuantiserWeights& quantiser = weights.quantisers[k];
    Search search(quantiser, weights.config);
    const int count = kVqStrides[k];
    for (int first = 0; first < num_frames * kLatentsPerFrame; first += count) {
      float* group = latents + static_cast<ptrdiff_t>(first) * stride;
      average(group, stride, count, mean);
      const int32_t code = search.nearest(mean);
      codes::Frame& frame = frames[first_frame + static_cast<size_t>(first / kLatentsPerFrame)];
      const auto place = static_cast<size_t>(first % kLatentsPerFrame / count);
      (k == 0 ? frame.c0[place] : k == 1 ? frame.c1[place] : frame.c2[place]) = code;
      const int dim = weights.config.codebook_dim;
      quantiser.project_out.multiply(quantiser.codes.data() + static_cast<ptrdiff_t>(code) * dim,
                                     dim, 1, taken.data(), stride);
      for (int i = 0; i < count; ++i) {
        for (int c = 0; c < stride; ++c)
          group[static_cast<ptrdiff_t>(i) * stride + c] -= taken[static_cast<size_t>(c)];
      }
    }
  }
}

}  // namespace orpheus::snac
