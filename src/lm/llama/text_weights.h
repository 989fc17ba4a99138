#pragma once
// The attention of tokens to the rows of a text. Pure functions, for any thread.

#include <cstddef>
#include <span>
#include <vector>

namespace orpheus::llama {

// One attention head of the model.
struct AttentionHead {
  int layer = 0;
  int head = 0;

  // clang-tidy 14 takes the generated comparison with 0 for one with a null pointer.
  // NOLINTNEXTLINE(modernize-use-nullptr)
  friend auto operator<=>(const AttentionHead&, const AttentionHead&) = default;
};

// A sequence's question: how do these heads attend to the text in these rows of its lane?
struct TextQuestion {
  int first_row = 0;
  int num_rows = 0;  // 0: nothing is asked
  std::span<const AttentionHead> heads = {};

  bool is_asked() const { return num_rows > 0 && !heads.empty(); }
  // Of one token: [num_rows, n_heads].
  size_t num_weights() const { return static_cast<size_t>(num_rows) * heads.size(); }
};

// The layers of these heads, ascending, each once, added to `layers` of the same order.
void add_layers(std::span<const AttentionHead> heads, std::vector<int>& layers);

// weights = softmax(scale · scores), of one head and token. NaN if a score is not a finite number.
void soften(std::span<const float> scores, float scale, std::span<float> weights);

// The mean over the heads of one token's weights, [num_rows, n_heads]. Empty if it is not a number.
std::vector<float> mean_of_heads(std::span<const float> weights, size_t num_rows);

}  // namespace orpheus::llama
