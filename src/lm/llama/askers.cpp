#include "lm/llama/askers.h"

#include <algorithm>
#include <cmath>

namespace orpheus::llama {

int Askers::bucket_of_text(int num_rows) {
  int bucket = 64;
  while (bucket < num_rows) bucket *= 2;
  return bucket;
}

// Rows behind the end of a text repeat its last one, and idle questions repeat the first one.
void Askers::set(std::span<tensor::Graph> graphs, std::span<const Part> parts,
                 const NetworkShape& shape) {
  asking_.clear();
  text_rows_.clear();
  for (int i = 0; i < shape.num_asking; ++i) {
    const auto index = static_cast<size_t>(i);
    const Asker& asker = index < askers_.size() ? askers_[index] : askers_.front();
    asking_.push_back(asker.row);
    for (int row = 0; row < shape.num_text; ++row) {
      text_rows_.push_back(
          static_cast<int32_t>(asker.first_text_row + std::min(row, asker.question.num_rows - 1)));
    }
  }
  for (size_t i = 0; i < graphs.size(); ++i) {
    if (!is_asked(parts[i], shape)) continue;
    graphs[i].set("asking", std::span<const int32_t>(asking_));
    graphs[i].set("text_rows", std::span<const int32_t>(text_rows_));
  }
}

void Askers::take(std::span<const tensor::Graph> graphs, std::span<const Part> parts,
                  const NetworkShape& shape, const Config& config) {
  const size_t layer_size = static_cast<size_t>(shape.num_text) *
                            static_cast<size_t>(config.num_heads) *
                            static_cast<size_t>(shape.num_asking);
  for (size_t i = 0; i < graphs.size(); ++i) {
    if (!is_asked(parts[i], shape)) continue;
    std::span<const float> scores = graphs[i].view("text_scores", copied_scores_);
    for (const int layer : shape.asked_layers) {
      if (!parts[i].has(layer)) continue;
      take_layer(scores.first(layer_size), layer, shape, config);
      scores = scores.subspan(layer_size);
    }
  }
}

// scores [n_text, n_heads, n_asking]
void Askers::take_layer(std::span<const float> scores, int layer, const NetworkShape& shape,
                        const Config& config) const {
  const float scale = 1.0F / std::sqrt(static_cast<float>(config.head_dim));
  const auto num_text = static_cast<size_t>(shape.num_text);
  const auto num_heads = static_cast<size_t>(config.num_heads);
  for (size_t i = 0; i < askers_.size(); ++i) {
    const TextQuestion& question = askers_[i].question;
    const auto num_rows = static_cast<size_t>(question.num_rows);
    for (size_t j = 0; j < question.heads.size(); ++j) {
      if (question.heads[j].layer != layer) continue;
      const auto head = static_cast<size_t>(question.heads[j].head);
      soften(scores.subspan((i * num_heads + head) * num_text, num_rows), scale,
             {askers_[i].weights + j * num_rows, num_rows});
    }
  }
}

}  // namespace orpheus::llama
