#include "hardware/model_needs.h"

#include <algorithm>

namespace orpheus::hardware {
namespace {

int64_t num_values(const tensor::Shape& shape) { return shape[0] * shape[1] * shape[2] * shape[3]; }

}  // namespace

Result<ModelNeeds> needs_of(const tensor::GgufFile& model, const tensor::GgufFile& codec) {
  ModelNeeds needs;
  ORPHEUS_TRY(needs.config, llama::read_config(model));
  ORPHEUS_TRY(const prompt::TokenLayout layout,
              llama::read_token_layout(model, needs.config.vocabulary_size));
  const tensor::Shape whole = {needs.config.width, needs.config.vocabulary_size, 1, 1};
  ORPHEUS_TRY(const tensor::GgufTensor* embedding, model.demand_tensor("token_embd.weight", whole));
  const tensor::GgufTensor* head = embedding;  // where the file ties them
  if (model.find_tensor("output.weight") != nullptr) {
    ORPHEUS_TRY(head, model.demand_tensor("output.weight", whole));
  }
  for (const tensor::GgufTensor& tensor : model.tensors()) {
    if (&tensor == embedding || tensor.name == "output.weight") continue;
    needs.model_bytes += tensor.data.size();
    needs.num_parameters += num_values(tensor.shape);
  }
  const auto row_bytes =
      head->data.size() / static_cast<size_t>(std::max(1, needs.config.vocabulary_size));
  const auto slot_rows = static_cast<size_t>(layout.codebook_size);
  needs.step_bytes = needs.model_bytes + slot_rows * row_bytes;
  const size_t head_rows = slot_rows * prompt::kSlotsPerFrame + 1;
  needs.model_bytes += head_rows * row_bytes;
  needs.num_parameters += static_cast<int64_t>(head_rows) * needs.config.width;
  needs.embedding_bytes = embedding->data.size();
  for (const tensor::GgufTensor& tensor : codec.tensors()) needs.codec_bytes += tensor.data.size();
  return needs;
}

}  // namespace orpheus::hardware
