#include "convert/codec.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "base/mapped_file.h"
#include "convert/checkpoint.h"
#include "convert/codec_layout.h"
#include "tensor/gguf_writer.h"

namespace orpheus::convert {
namespace {

// A weight w that is stored as norm g and direction v: w = g·v / ‖v‖.
struct WeightNormNames {
  std::string_view norm;
  std::string_view direction;
};
constexpr std::array kWeightNormNames = {
    WeightNormNames{".parametrizations.weight.original0", ".parametrizations.weight.original1"},
    WeightNormNames{".weight_g", ".weight_v"}};

Result<std::vector<float>> read_tensor(const Checkpoint& checkpoint, const std::string& name,
                                       const std::vector<uint64_t>& shape) {
  const PickledTensor* tensor = checkpoint.find(name);
  if (tensor == nullptr || tensor->shape != shape) {
    return fail({.kind = ErrorKind::kBadFile,
                 .what = checkpoint.name() + ": tensor '" + name +
                         (tensor == nullptr ? "' is missing" : "' has another shape"),
                 .expected = shape_to_string(shape),
                 .found = tensor == nullptr ? "" : shape_to_string(tensor->shape),
                 .remedy = "Use the checkpoint and the config.json of the same model."});
  }
  return checkpoint.floats(name);
}

// One norm for each index of the first dimension, for every kind of layer.
Result<std::vector<float>> fold(const std::vector<float>& norms, std::vector<float> weights,
                                const std::string& where) {
  const size_t row = weights.size() / norms.size();
  for (size_t i = 0; i < norms.size(); ++i) {
    const auto values = std::span(weights).subspan(i * row, row);
    double squares = 0;
    for (const float value : values) squares += static_cast<double>(value) * value;
    const double scale = norms[i] / std::sqrt(squares);
    for (float& value : values) {
      value = static_cast<float>(value * scale);
      if (std::isfinite(value)) continue;
      return fail({.kind = ErrorKind::kBadFile,
                   .what = where + ": row " + std::to_string(i) +
                           ": scaling it to its norm gives a value that is not finite"});
    }
  }
  return weights;
}

Result<std::vector<float>> read_convolution(const Checkpoint& checkpoint,
                                            const CodecTensor& tensor) {
  if (checkpoint.find(tensor.name) != nullptr)
    return read_tensor(checkpoint, tensor.name, tensor.shape);
  const std::string module = tensor.name.substr(0, tensor.name.size() - 7);  // without .weight
  for (const WeightNormNames& names : kWeightNormNames) {
    const std::string direction = module + std::string(names.direction);
    if (checkpoint.find(direction) == nullptr) continue;
    ORPHEUS_TRY(std::vector<float> weights, read_tensor(checkpoint, direction, tensor.shape));
    ORPHEUS_TRY(const std::vector<float> norms,
                read_tensor(checkpoint, module + std::string(names.norm), {tensor.shape[0], 1, 1}));
    return fold(norms, std::move(weights), checkpoint.name() + ": tensor '" + tensor.name + "'");
  }
  return fail({.kind = ErrorKind::kBadFile,
               .what = checkpoint.name() + ": '" + module + "' has no weights",
               .expected = ".weight, or the two parts of a weight norm: "
                           ".parametrizations.weight.original0 and 1, or .weight_g and .weight_v",
               .found = "none of them",
               .remedy = "Use the checkpoint and the config.json of the same model."});
}

Result<CodecConfig> read_config(const std::filesystem::path& path) {
  ORPHEUS_TRY(const MappedFile file, MappedFile::open(path));
  const auto bytes = file.bytes();
  constexpr size_t kMaxBytes = 1 << 20;
  if (bytes.size() > kMaxBytes) {
    return fail({.kind = ErrorKind::kBadFile,
                 .what = path.filename().string() + ": the file is too large for a codec's config",
                 .found = std::to_string(bytes.size()) + " bytes"});
  }
  return parse_codec_config({reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                            path.filename().string());
}

// The encoder, and the way from its latents into the codebooks.
bool only_encodes(const CodecTensor& tensor) {
  return tensor.name.starts_with("encoder.") || tensor.name.find(".in_proj.") != std::string::npos;
}

// A checkpoint with a decoder only gets this error before an error about a missing encoder tensor.
Result<void> check_encoder(const Checkpoint& checkpoint) {
  const auto has = [&](std::string_view part) {
    return std::any_of(checkpoint.tensors().begin(), checkpoint.tensors().end(),
                       [&](const auto& tensor) { return tensor.first.starts_with(part); });
  };
  if (has("encoder.") || !has("decoder.")) return {};
  return fail(
      {.kind = ErrorKind::kBadFile,
       .what = checkpoint.name() + ": the checkpoint has no encoder",
       .expected = "tensors of the decoder and of the encoder (encoder.…)",
       .found = "the decoder only",
       .remedy = "Use --decoder-only to convert it to a codec that decodes but cannot encode."});
}

}  // namespace

Result<void> convert_codec(const std::filesystem::path& folder, const std::filesystem::path& output,
                           CodecParts parts) {
  ORPHEUS_TRY(const CodecConfig config, read_config(folder / "config.json"));
  ORPHEUS_TRY(const Checkpoint checkpoint, Checkpoint::open(folder / "pytorch_model.bin"));
  std::vector<CodecTensor> tensors = codec_tensors(config);
  if (parts == CodecParts::kDecoder) {
    std::erase_if(tensors, only_encodes);
  } else {
    ORPHEUS_CHECK(check_encoder(checkpoint));
  }
  tensor::GgufWriter writer;
  declare_codec(writer, config, tensors);
  ORPHEUS_CHECK(writer.begin(output));
  for (const CodecTensor& tensor : tensors) {
    ORPHEUS_TRY(const std::vector<float> values,
                is_convolution(tensor.role) ? read_convolution(checkpoint, tensor)
                                            : read_tensor(checkpoint, tensor.name, tensor.shape));
    ORPHEUS_CHECK(writer.write(std::as_bytes(std::span(values))));
  }
  return writer.commit();
}

}  // namespace orpheus::convert
