#include "plan/model_needs.h"

#include "snac/decoder.h"

namespace orpheus::plan {
namespace {

int64_t num_values(const tensor::Shape& shape) { return shape[0] * shape[1] * shape[2] * shape[3]; }

}  // namespace

Result<ModelNeeds> needs_of(const tensor::GgufFile& model, const tensor::GgufFile& codec) {
  ModelNeeds needs;
  ORPHEUS_TRY(needs.config, llama::read_config(model));
  ORPHEUS_TRY(const prompt::TokenLayout layout,
              llama::read_token_layout(model, needs.config.vocabulary_size));
  ORPHEUS_TRY(needs.weights, llama::read_weight_sizes(model, needs.config, layout));
  needs.embedding_bytes = model.find_tensor("token_embd.weight")->data.size();
  for (const tensor::GgufTensor& tensor : model.tensors()) {
    if (tensor.name != "token_embd.weight" && tensor.name != "output.weight")
      needs.num_parameters += num_values(tensor.shape);
  }
  const int head_rows = layout.codebook_size * prompt::kSlotsPerFrame + 1;
  needs.num_parameters += int64_t{head_rows} * needs.config.width;
  for (const tensor::GgufTensor& tensor : codec.tensors()) needs.codec_bytes += tensor.data.size();
  return needs;
}

size_t ModelNeeds::codec_bytes_on(bool is_cpu) const {
  return codec_bytes + (is_cpu && !codec_graph_on_cpu ? snac::kStreamBytes : snac::kGraphBytes);
}

}  // namespace orpheus::plan
