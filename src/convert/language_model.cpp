#include "convert/language_model.h"

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ggml.h>

#include "base/mapped_file.h"
#include "convert/byte_reader.h"
#include "convert/checkpoint.h"
#include "convert/llama_checkpoint.h"
#include "convert/llama_metadata.h"
#include "convert/safetensors.h"
#include "tensor/gguf_writer.h"

namespace orpheus::convert {
namespace {

constexpr const char* kEmbedding = "model.embed_tokens.weight";
constexpr const char* kHead = "lm_head.weight";

// A weight of the checkpoint and its name in the GGUF.
struct Renaming {
  std::string from;
  std::string to;
  std::vector<uint64_t> shape;  // torch's order
  uint32_t rows_per_head = 0;   // of queries and keys
};

std::vector<Renaming> renamings(const LlamaConfig& model) {
  const uint64_t width = model.width;
  const uint64_t query_width = uint64_t{model.num_heads} * model.head_dim;
  const uint64_t kv_width = uint64_t{model.num_kv_heads} * model.head_dim;
  const uint64_t feed_forward = model.feed_forward;
  std::vector<Renaming> all = {
      {kEmbedding, "token_embd.weight", {model.vocabulary_size, width}},
      {"model.norm.weight", "output_norm.weight", {width}},
  };
  if (!model.tied) all.push_back({kHead, "output.weight", {model.vocabulary_size, width}});
  for (uint32_t layer = 0; layer < model.num_layers; ++layer) {
    const std::string from = "model.layers." + std::to_string(layer) + ".";
    const std::string to = "blk." + std::to_string(layer) + ".";
    const auto add = [&](const char* module, const char* name, std::vector<uint64_t> shape,
                         uint32_t rows_per_head = 0) {
      all.push_back(
          {from + module + ".weight", to + name + ".weight", std::move(shape), rows_per_head});
    };
    add("input_layernorm", "attn_norm", {width});
    add("self_attn.q_proj", "attn_q", {query_width, width}, model.head_dim);
    add("self_attn.k_proj", "attn_k", {kv_width, width}, model.head_dim);
    add("self_attn.v_proj", "attn_v", {kv_width, width});
    add("self_attn.o_proj", "attn_output", {width, query_width});
    add("post_attention_layernorm", "ffn_norm", {width});
    add("mlp.gate_proj", "ffn_gate", {feed_forward, width});
    add("mlp.up_proj", "ffn_up", {feed_forward, width});
    add("mlp.down_proj", "ffn_down", {width, feed_forward});
  }
  return all;
}

std::optional<int> ggml_type_of(std::string_view dtype) {
  if (dtype == "F32") return GGML_TYPE_F32;
  if (dtype == "F16") return GGML_TYPE_F16;
  if (dtype == "BF16") return GGML_TYPE_BF16;
  return std::nullopt;
}

Result<StoredWeight> stored_weight(const SafetensorsFolder& checkpoint, const Renaming& wanted) {
  const auto found = checkpoint.tensors().find(wanted.from);
  if (found == checkpoint.tensors().end()) {
    return fail(
        {.kind = ErrorKind::kBadFile,
         .what = "the checkpoint has no tensor '" + wanted.from + "'",
         .expected = shape_to_string(wanted.shape),
         .remedy =
             "Download all files of the checkpoint, and use the config.json of the same model."});
  }
  const SafeTensor& tensor = found->second;
  const std::string where = checkpoint.file_of(tensor) + ": tensor '" + wanted.from + "'";
  if (tensor.shape != wanted.shape) {
    return fail({.kind = ErrorKind::kBadFile,
                 .what = where + " has another shape",
                 .expected = shape_to_string(wanted.shape),
                 .found = shape_to_string(tensor.shape),
                 .remedy = "Use the checkpoint and the config.json of the same model."});
  }
  const auto type = ggml_type_of(tensor.dtype);
  if (!type) {
    return fail({.kind = ErrorKind::kUnsupported,
                 .what = where + " has another type",
                 .expected = "F32, F16 or BF16",
                 .found = tensor.dtype});
  }
  const auto rows = static_cast<int64_t>(tensor.shape.size() == 1 ? 1 : tensor.shape.front());
  return StoredWeight{.type = *type,
                      .shape = {static_cast<int64_t>(tensor.shape.back()), rows, 1, 1},
                      .data = tensor.data,
                      .rows_per_head = wanted.rows_per_head};
}

// A tensor that no Llama has is an error: leaving it out would change the voice.
Result<void> check_all_have_a_place(const SafetensorsFolder& checkpoint,
                                    const std::vector<Renaming>& wanted, bool tied) {
  std::set<std::string_view> known;
  for (const Renaming& weight : wanted) known.insert(weight.from);
  if (tied) known.insert(kHead);  // a copy of the embedding
  for (const auto& [name, tensor] : checkpoint.tensors()) {
    if (known.contains(name) || name.ends_with("rotary_emb.inv_freq")) continue;
    return fail({.kind = ErrorKind::kUnsupported,
                 .what = checkpoint.file_of(tensor) + ": tensor " + convert::quoted(name) +
                         " does not belong to the Llama that config.json describes",
                 .expected = "a complete LlamaForCausalLM with its adapters merged"});
  }
  return {};
}

void set_tokenizer(tensor::GgufWriter& writer, const CheckpointTokenizer& tokenizer,
                   const SpecialTokens& specials) {
  writer.set_string("tokenizer.ggml.model", "gpt2");
  writer.set_string("tokenizer.ggml.pre", "llama-bpe");
  writer.set_strings("tokenizer.ggml.tokens", tokenizer.tokens);
  writer.set_i32s("tokenizer.ggml.token_type", tokenizer.kinds);
  writer.set_strings("tokenizer.ggml.merges", tokenizer.merges);
  const auto set = [&](const char* key, std::optional<uint32_t> id) {
    if (id && *id < tokenizer.tokens.size()) writer.set_u32(key, *id);
  };
  set("tokenizer.ggml.bos_token_id", specials.begin_of_text);
  set("tokenizer.ggml.eos_token_id", specials.end_of_text);
  set("tokenizer.ggml.padding_token_id", specials.padding);
  writer.set_bool("tokenizer.ggml.add_bos_token", specials.add_begin_of_text);
}

std::string_view text_of(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

// tokenizer_config.json first, as llama.cpp's converter does; then config.json's ids.
Result<SpecialTokens> special_tokens(const std::filesystem::path& folder, const LlamaConfig& model,
                                     const CheckpointTokenizer& tokenizer) {
  SpecialTokens specials;
  std::error_code none;
  if (const auto path = folder / "tokenizer_config.json"; std::filesystem::exists(path, none)) {
    ORPHEUS_TRY(const MappedFile file, MappedFile::open(path));
    ORPHEUS_TRY(specials, parse_special_tokens(text_of(file), tokenizer));
  }
  if (!specials.begin_of_text) specials.begin_of_text = model.begin_of_text;
  if (!specials.end_of_text) specials.end_of_text = model.end_of_text;
  return specials;
}

Result<void> set_tokenizer_of(const std::filesystem::path& folder, const LlamaConfig& model,
                              tensor::GgufWriter& writer) {
  ORPHEUS_TRY(const MappedFile file, MappedFile::open(folder / "tokenizer.json"));
  ORPHEUS_TRY(const CheckpointTokenizer tokenizer,
              parse_tokenizer(text_of(file), model.vocabulary_size));
  ORPHEUS_TRY(const SpecialTokens specials, special_tokens(folder, model, tokenizer));
  set_tokenizer(writer, tokenizer, specials);
  return {};
}

// "orpheus-3b" for the paths orpheus-3b and orpheus-3b/, and for "." inside that folder.
std::string name_of_folder(const std::filesystem::path& folder) {
  std::error_code failed;
  const auto whole = std::filesystem::weakly_canonical(folder, failed);
  const std::string name = whole.filename().string();
  return name.empty() ? "orpheus" : name;
}

}  // namespace

Result<void> convert_language_model(const std::filesystem::path& folder,
                                    const std::filesystem::path& output, WeightMix mix,
                                    const WriteProgress& progress) {
  ORPHEUS_TRY(const MappedFile config_file, MappedFile::open(folder / "config.json"));
  ORPHEUS_TRY(const LlamaConfig model, parse_llama_config(text_of(config_file)));
  ORPHEUS_TRY(const SafetensorsFolder checkpoint, SafetensorsFolder::open(folder));
  const std::vector<Renaming> wanted = renamings(model);
  ORPHEUS_CHECK(check_all_have_a_place(checkpoint, wanted, model.tied));

  const ModelOutline outline{
      .num_layers = static_cast<int>(model.num_layers),
      .heads_per_kv_head = static_cast<int>(model.num_heads / model.num_kv_heads),
      .tied = model.tied};
  std::vector<PlannedWeight> weights;
  std::vector<float> rope_factors(model.head_dim / 2);
  if (model.rope_scaling) {
    fill_rope_factors(*model.rope_scaling, model.rope_base, rope_factors);
    weights.push_back({.name = "rope_freqs.weight",
                       .type = GGML_TYPE_F32,
                       .source = {.type = GGML_TYPE_F32,
                                  .shape = {static_cast<int64_t>(rope_factors.size()), 1, 1, 1},
                                  .data = std::as_bytes(std::span(rope_factors))}});
  }
  for (const Renaming& weight : wanted) {
    ORPHEUS_TRY(StoredWeight source, stored_weight(checkpoint, weight));
    const int type = weight_type(mix, weight.to, source.shape, outline);
    weights.push_back({.name = weight.to, .type = type, .source = source});
  }

  tensor::GgufWriter writer;
  set_llama_metadata(writer, model, name_of_folder(folder), mix);
  ORPHEUS_CHECK(set_tokenizer_of(folder, model, writer));
  ORPHEUS_CHECK(write_weights(
      writer, output, weights, [&](std::span<const std::byte> data) { checkpoint.release(data); },
      progress));
  return writer.commit();
}

}  // namespace orpheus::convert
