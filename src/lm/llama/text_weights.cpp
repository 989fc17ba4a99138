#include "lm/llama/text_weights.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace orpheus::llama {

void add_layers(std::span<const AttentionHead> heads, std::vector<int>& layers) {
  for (const AttentionHead& head : heads) {
    const auto place = std::lower_bound(layers.begin(), layers.end(), head.layer);
    if (place == layers.end() || *place != head.layer) layers.insert(place, head.layer);
  }
}

void soften(std::span<const float> scores, float scale, std::span<float> weights) {
  float highest = -std::numeric_limits<float>::infinity();
  bool is_finite = true;
  for (const float score : scores) {
    is_finite = is_finite && std::isfinite(score);
    highest = std::max(highest, score);
  }
  if (!is_finite) {
    std::fill(weights.begin(), weights.end(), std::numeric_limits<float>::quiet_NaN());
    return;
  }
  float sum = 0;
  for (size_t i = 0; i < scores.size(); ++i) {
    weights[i] = std::exp((scores[i] - highest) * scale);
    sum += weights[i];
  }
  for (float& weight : weights) weight /= sum;
}

std::vector<float> mean_of_heads(std::span<const float> weights, size_t num_rows) {
  std::vector<float> mean(num_rows, 0.0F);
  const size_t num_heads = weights.size() / num_rows;
  for (size_t i = 0; i < weights.size(); ++i) mean[i % num_rows] += weights[i];
  bool is_number = num_heads > 0;
  for (float& weight : mean) {
    weight /= static_cast<float>(num_heads);
    is_number = is_number && std::isfinite(weight);
  }
  if (!is_number) mean.clear();
  return mean;
}

}  // namespace orpheus::llama
