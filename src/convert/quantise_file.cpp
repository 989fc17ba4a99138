#include "convert/quantise_file.h"

#include <algorithm>
#include <string>
#include <vector>

#include <ggml.h>

#include "tensor/gguf_file.h"
#include "tensor/gguf_writer.h"

namespace orpheus::convert {
namespace {

using tensor::GgufFile;
using tensor::GgufTensor;

std::string type_name(int type) { return ggml_type_name(static_cast<ggml_type>(type)); }

double bits_per_value(int type) {
  const auto known = static_cast<ggml_type>(type);
  return 8.0 * static_cast<double>(ggml_type_size(known)) /
         static_cast<double>(ggml_blck_size(known));
}

bool is_quantised(int type) { return ggml_is_quantized(static_cast<ggml_type>(type)); }

Result<void> check_is_language_model(const GgufFile& file) {
  ORPHEUS_TRY(const std::string_view architecture, file.string("general.architecture"));
  if (architecture != "llama") {
    return fail(
        {.kind = ErrorKind::kUnsupported,
         .what = file.name() + ": only language models can be quantised",
         .expected = "the architecture 'llama'",
         .found = "'" + std::string(architecture) + "'",
         .remedy = architecture == "snac" ? "A codec is small and needs no quantisation." : ""});
  }
  if (!file.has("split.count")) return {};
  ORPHEUS_TRY(const uint32_t num_parts, file.u32("split.count"));
  if (num_parts <= 1) return {};
  return fail({.kind = ErrorKind::kUnsupported,
               .what = file.name() + ": this file is one part of a split model",
               .expected = "a model in one file",
               .found = std::to_string(num_parts) + " parts",
               .remedy = "Join them with llama.cpp's llama-gguf-split --merge."});
}

Result<ModelOutline> outline_of(const GgufFile& file) {
  ModelOutline model;
  ORPHEUS_TRY(const uint32_t num_layers, file.u32("llama.block_count"));
  model.num_layers = static_cast<int>(std::min<uint32_t>(num_layers, INT32_MAX / 8));
  ORPHEUS_TRY(const uint32_t num_heads, file.u32("llama.attention.head_count"));
  if (file.has("llama.attention.head_count_kv")) {
    ORPHEUS_TRY(const uint32_t num_kv_heads, file.u32("llama.attention.head_count_kv"));
    model.heads_per_kv_head = static_cast<int>(num_heads / std::max<uint32_t>(1, num_kv_heads));
  }
  model.tied = file.find_tensor("output.weight") == nullptr;
  return model;
}

// Types that ggml's quantisers do not read (integers) stay as they are.
bool is_readable(int type) {
  return type == GGML_TYPE_F32 ||
         ggml_get_type_traits(static_cast<ggml_type>(type))->to_float != nullptr;
}

int type_after(const GgufTensor& tensor, WeightMix mix, const ModelOutline& model) {
  if (tensor.shape[1] == 1 || !is_readable(tensor.type)) return tensor.type;
  const int wanted = weight_type(mix, tensor.name, tensor.shape, model);
  const bool shrinks = bits_per_value(wanted) < bits_per_value(tensor.type);
  return shrinks || !is_quantised(tensor.type) ? wanted : tensor.type;
}

Result<std::vector<PlannedWeight>> plan(const GgufFile& file, WeightMix mix,
                                        Requantise requantise) {
  ORPHEUS_TRY(const ModelOutline model, outline_of(file));
  std::vector<PlannedWeight> weights;
  bool changes = false;
  for (const GgufTensor& tensor : file.tensors()) {
    const int type = type_after(tensor, mix, model);
    changes |= type != tensor.type;
    if (type != tensor.type && is_quantised(tensor.type) && bits_per_value(tensor.type) < 8 &&
        requantise == Requantise::kFrom8Bits) {
      return fail({.kind = ErrorKind::kUnsupported,
                   .what = file.name() + ": tensor '" + std::string(tensor.name) +
                           "' is already quantised; quantising it twice loses quality",
                   .expected = "f32, f16, bf16 or q8_0",
                   .found = type_name(tensor.type),
                   .remedy = "Start from a file with finer weights, or use --allow-requantize."});
    }
    weights.push_back(
        {.name = std::string(tensor.name),
         .type = type,
         .source = {.type = tensor.type, .shape = tensor.shape, .data = tensor.data}});
  }
  if (changes) return weights;
  return fail({.kind = ErrorKind::kUsage,
               .what = file.name() + ": no tensor would change in a conversion to " +
                       std::string(name_of(mix)),
               .expected = "an input with finer weights, or a coarser --type"});
}

}  // namespace

Result<void> quantise_file(const std::filesystem::path& input, const std::filesystem::path& output,
                           WeightMix mix, Requantise requantise, const WriteProgress& progress) {
  ORPHEUS_TRY(const GgufFile file, GgufFile::open(input));
  std::error_code none;
  if (std::filesystem::equivalent(input, output, none)) {
    return fail({.kind = ErrorKind::kUsage,
                 .what = "'" + output.string() + "' is both the input and the output",
                 .remedy = "Choose another output path."});
  }
  ORPHEUS_CHECK(check_is_language_model(file));
  ORPHEUS_TRY(const std::vector<PlannedWeight> weights, plan(file, mix, requantise));
  tensor::GgufWriter writer;
  ORPHEUS_CHECK(writer.copy_metadata(file, input));
  writer.set_u32("general.file_type", file_type(mix));
  writer.set_u32("general.quantization_version", GGML_QNT_VERSION);
  ORPHEUS_CHECK(write_weights(
      writer, output, weights, [&](std::span<const std::byte> data) { file.release(data); },
      progress));
  ORPHEUS_CHECK(file.check());
  return writer.commit();
}

}  // namespace orpheus::convert
