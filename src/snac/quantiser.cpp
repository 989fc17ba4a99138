#include "snac/quantiser.h"

#include <algorithm>
#include <cstddef>
#include <span>

namespace orpheus::snac {
namespace {

// The mean of as many latents as a codebook's stride.
void average(const float* latents, int stride, int count, std::span<float> mean) {
  for (size_t c = 0; c < mean.size(); ++c) {
    float sum = 0;
    for (size_t i = 0; i < static_cast<size_t>(count); ++i)
      sum += latents[i * static_cast<size_t>(stride) + c];
    mean[c] = sum / static_cast<float>(count);
  }
}

// The nearest code to a latent; of equally near ones the first.
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
