#pragma once
// Chooses the attention heads that follow the text while a model speaks. Pure functions.
//
// A head that follows the text has its weights near a path that goes through the text from begin
// to end, and does not if the frames are shuffled. A head that always attends to the same rows, or
// anywhere, has as much weight on the best path through the shuffled frames.

#include <span>
#include <vector>

#include "lm/llama/text_weights.h"

namespace orpheus::engine {

// The heads of a model that tell which row of the text is spoken, and how well they do, 0 … 1.
struct Alignment {
  std::vector<llama::AttentionHead> heads;
  double quality = 0;
};

// How every head attended while a text was spoken.
struct Spoken {
  int num_text = 0;
  int num_frames = 0;
  std::vector<float> weights;  // [num_text, n_heads, n_frames]: each head's sum to 1
};

// 0: no better than shuffled; 1: all weight of each frame is on the path, or beside it, and none is
// when shuffled. weights: [num_text, n_frames].
double path_score(std::span<const float> weights, int num_text);

// The best few of these heads, in few layers: by the first text, and their quality by the second,
// which the choice does not see. No heads: a text was too short, or no head follows it.
Alignment choose_heads(std::span<const llama::AttentionHead> heads, const Spoken& first,
                       const Spoken& second);

}  // namespace orpheus::engine
