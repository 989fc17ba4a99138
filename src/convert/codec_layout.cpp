#include "convert/codec_layout.h"

#include <utility>

#include <ggml.h>
#include <nlohmann/json.hpp>

#include "convert/json_reader.h"

namespace orpheus::convert {
namespace {

using nlohmann::json;

constexpr const char* kRemedy = "Use the config.json of a SNAC checkpoint.";

// Collects the tensors of a network, module by module.
class Layout {
 public:
  explicit Layout(bool depthwise) : depthwise_(depthwise) {}

  void add(const std::string& name, CodecRole role, std::vector<uint64_t> shape) {
    tensors_.push_back({name, role, std::move(shape)});
  }

  void convolution(const std::string& module, uint64_t in, uint64_t out, uint64_t kernel,
                   CodecRole role = CodecRole::kConvolution) {
    add(module + ".weight", role, {out, in, kernel});
    add(module + ".bias", role == CodecRole::kOutput ? CodecRole::kOutputBias : CodecRole::kBias,
        {out});
  }

  // One group per channel where the codec is depthwise, else a full convolution.
  void channelwise(const std::string& module, uint64_t channels) {
    convolution(module, depthwise_ ? 1 : channels, channels, 7);
  }

  void snake(const std::string& module, uint64_t channels) {
    add(module + ".alpha", CodecRole::kAlpha, {1, channels, 1});
  }

  void residual_unit(const std::string& module, uint64_t channels) {
    snake(module + ".block.0", channels);
    channelwise(module + ".block.1", channels);
    snake(module + ".block.2", channels);
    convolution(module + ".block.3", channels, channels, 1, CodecRole::kResidualOutput);
  }

  // Three residual units (dilation 1, 3, 9), then a snake and a strided convolution.
  void encoder_block(const std::string& module, uint64_t channels, uint64_t stride) {
    for (int i = 0; i < 3; ++i) residual_unit(module + ".block." + std::to_string(i), channels);
    snake(module + ".block.3", channels);
    convolution(module + ".block.4", channels, 2 * channels, 2 * stride);
  }

  // Snake, transposed convolution, noise, then three residual units.
  void decoder_block(const std::string& module, uint64_t channels, uint64_t stride, bool noise) {
    const uint64_t out = channels / 2;
    snake(module + ".block.0", channels);
    add(module + ".block.1.weight", CodecRole::kUpsampling, {channels, out, 2 * stride});
    add(module + ".block.1.bias", CodecRole::kBias, {out});
    int next = 2;
    if (noise) {
      add(module + ".block." + std::to_string(next++) + ".linear.weight", CodecRole::kNoise,
          {out, out, 1});
    }
    for (int i = 0; i < 3; ++i) residual_unit(module + ".block." + std::to_string(next++), out);
  }

  std::vector<CodecTensor> take() && { return std::move(tensors_); }

 private:
  bool depthwise_;
  std::vector<CodecTensor> tensors_;
};

void add_quantiser(Layout& layout, const CodecConfig& config) {
  for (size_t k = 0; k < config.vq_strides.size(); ++k) {
    const std::string module = "quantizer.quantizers." + std::to_string(k);
    layout.convolution(module + ".in_proj", config.latent_dim(), config.codebook_dim, 1);
    layout.convolution(module + ".out_proj", config.codebook_dim, config.latent_dim(), 1);
    layout.add(module + ".codebook.weight", CodecRole::kCodebook,
               {config.codebook_size, config.codebook_dim});
  }
}

void add_decoder(Layout& layout, const CodecConfig& config) {
  int next = 0;
  const auto module = [&] { return "decoder.model." + std::to_string(next++); };
  if (config.depthwise) {
    layout.channelwise(module(), config.latent_dim());
    layout.convolution(module(), config.latent_dim(), config.decoder_dim, 1);
  } else {
    layout.convolution(module(), config.latent_dim(), config.decoder_dim, 7);
  }
  uint64_t channels = config.decoder_dim;
  for (const uint32_t stride : config.decoder_rates) {
    layout.decoder_block(module(), channels, stride, config.noise);
    channels /= 2;
  }
  layout.snake(module(), channels);
  layout.convolution(module(), channels, 1, 7, CodecRole::kOutput);
}

void add_encoder(Layout& layout, const CodecConfig& config) {
  int next = 0;
  const auto module = [&] { return "encoder.block." + std::to_string(next++); };
  layout.convolution(module(), 1, config.encoder_dim, 7);
  uint64_t channels = config.encoder_dim;
  for (const uint32_t stride : config.encoder_rates) {
    layout.encoder_block(module(), channels, stride);
    channels *= 2;
  }
  layout.channelwise(module(), channels);
}

// Trailing ones are left out by the writer itself.
tensor::Shape ggml_shape(const CodecTensor& tensor) {
  tensor::Shape shape{1, 1, 1, 1};
  if (tensor.role == CodecRole::kAlpha) {
    shape[0] = static_cast<int64_t>(tensor.shape[1]);
    return shape;
  }
  const size_t rank = tensor.shape.size();
  for (size_t i = 0; i < rank; ++i) shape[i] = static_cast<int64_t>(tensor.shape[rank - 1 - i]);
  return shape;
}

}  // namespace

Result<CodecConfig> parse_codec_config(std::string_view text, const std::string& name) {
  ORPHEUS_TRY(const json object, parse_json_object(text, name, kRemedy));
  const auto attention = object.find("attn_window_size");
  if (attention != object.end() && !attention->is_null()) {
    return fail({.kind = ErrorKind::kUnsupported,
                 .what = name + ": a codec with attention (attn_window_size) is not supported",
                 .expected = "null",
                 .found = shown(*attention),
                 .remedy = "Use the 24 kHz SNAC for speech."});
  }
  JsonReader reader(object, name, kRemedy);
  CodecConfig config{.sampling_rate = reader.count("sampling_rate", 1000000),
                     .encoder_dim = reader.count("encoder_dim", 4096),
                     .encoder_rates = reader.counts("encoder_rates", 64),
                     .decoder_dim = reader.count("decoder_dim", 65536),
                     .decoder_rates = reader.counts("decoder_rates", 64),
                     .codebook_size = reader.count("codebook_size", 1000000),
                     .codebook_dim = reader.count("codebook_dim", 4096),
                     .vq_strides = reader.counts("vq_strides", 64),
                     .noise = reader.flag("noise"),
                     .depthwise = reader.flag("depthwise")};
  const uint32_t halvings = 1U << config.decoder_rates.size();
  if (config.decoder_dim % halvings != 0)
    reader.refuse("decoder_dim", "a multiple of " + std::to_string(halvings), config.decoder_dim);
  if (reader.error()) return fail(*reader.error());
  return config;
}

bool is_convolution(CodecRole role) {
  switch (role) {
    case CodecRole::kConvolution:
    case CodecRole::kUpsampling:
    case CodecRole::kNoise:
    case CodecRole::kResidualOutput:
    case CodecRole::kOutput: return true;
    case CodecRole::kBias:
    case CodecRole::kOutputBias:
    case CodecRole::kAlpha:
    case CodecRole::kCodebook: break;
  }
  return false;
}

std::vector<CodecTensor> codec_tensors(const CodecConfig& config) {
  Layout layout(config.depthwise);
  add_quantiser(layout, config);
  add_decoder(layout, config);
  add_encoder(layout, config);
  return std::move(layout).take();
}

void declare_codec(tensor::GgufWriter& writer, const CodecConfig& config,
                   const std::vector<CodecTensor>& tensors) {
  writer.set_string("general.architecture", "snac");
  writer.set_u32("snac.sampling_rate", config.sampling_rate);
  writer.set_u32("snac.encoder_dim", config.encoder_dim);
  writer.set_u32s("snac.encoder_rates", config.encoder_rates);
  writer.set_u32("snac.decoder_dim", config.decoder_dim);
  writer.set_u32s("snac.decoder_rates", config.decoder_rates);
  writer.set_u32("snac.codebook_size", config.codebook_size);
  writer.set_u32("snac.codebook_dim", config.codebook_dim);
  writer.set_u32s("snac.vq_strides", config.vq_strides);
  writer.set_bool("snac.noise", config.noise);
  writer.set_bool("snac.depthwise", config.depthwise);
  for (const CodecTensor& tensor : tensors)
    writer.declare_tensor(tensor.name, GGML_TYPE_F32, ggml_shape(tensor));
}

}  // namespace orpheus::convert
