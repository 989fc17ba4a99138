#pragma once
// The rows of one step that ask how they attend to a text: the inputs of the graphs for them, and
// their answers. Belongs to one thread; it reuses its memory. For this folder only.

#include <cstdint>
#include <span>
#include <vector>

#include "lm/llama/network.h"
#include "lm/llama/text_weights.h"
#include "tensor/graph.h"

namespace orpheus::llama {

struct Asker {
  TextQuestion question;
  int row = 0;                 // of the step
  int64_t first_text_row = 0;  // of the cache
  float* weights = nullptr;    // question.num_weights() of them, for the answer
};

class Askers {
 public:
  // Rows of a text as a graph has them: 64, 128, 256, …
  static int bucket_of_text(int num_rows);

  void clear() { askers_.clear(); }
  void add(const Asker& asker) { askers_.push_back(asker); }

  // graphs: of each part. shape: with room for the askers, of which there is at least one.
  void set(std::span<tensor::Graph> graphs, std::span<const Part> parts, const NetworkShape& shape);
  // Fills the weights of every asker.
  void take(std::span<const tensor::Graph> graphs, std::span<const Part> parts,
            const NetworkShape& shape, const Config& config);

 private:
  void take_layer(std::span<const float> scores, int layer, const NetworkShape& shape,
                  const Config& config) const;

  std::vector<Asker> askers_;
  std::vector<int32_t> asking_;
  std::vector<int32_t> text_rows_;
  std::vector<float> copied_scores_;  // if the device's memory is not main memory
};

}  // namespace orpheus::llama
