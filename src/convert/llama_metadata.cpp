#include "convert/llama_metadata.h"

#include <ggml.h>

namespace orpheus::convert {

void set_llama_metadata(tensor::GgufWriter& writer, const LlamaConfig& model,
                        const std::string& name, WeightMix mix) {
  writer.set_string("general.architecture", "llama");
  writer.set_string("general.name", name);
  writer.set_u32("general.file_type", file_type(mix));
  writer.set_u32("general.quantization_version", GGML_QNT_VERSION);
  writer.set_u32("llama.block_count", model.num_layers);
  writer.set_u32("llama.context_length", model.context);
  writer.set_u32("llama.embedding_length", model.width);
  writer.set_u32("llama.feed_forward_length", model.feed_forward);
  writer.set_u32("llama.attention.head_count", model.num_heads);
  writer.set_u32("llama.attention.head_count_kv", model.num_kv_heads);
  writer.set_u32("llama.attention.key_length", model.head_dim);
  writer.set_u32("llama.attention.value_length", model.head_dim);
  writer.set_f32("llama.attention.layer_norm_rms_epsilon", static_cast<float>(model.rms_epsilon));
  writer.set_u32("llama.rope.dimension_count", model.head_dim);
  writer.set_f32("llama.rope.freq_base", static_cast<float>(model.rope_base));
  writer.set_u32("llama.vocab_size", model.vocabulary_size);
}

}  // namespace orpheus::convert
