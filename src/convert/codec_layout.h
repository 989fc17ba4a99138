#pragma once
// The list of a SNAC codec's tensors and shapes, from its config.json. Converting a checkpoint and
// making a synthetic codec both use it. Pure functions, except declare_codec: call it on its
// writer's thread.
//
// The GGUF: general.architecture "snac", the config as keys snac.*, and every tensor as F32 under
// the checkpoint's own name, weight norm folded into ….weight. Shapes are torch's reversed (a
// convolution [out, in/groups, kernel] becomes [kernel, in/groups, out]); an alpha is [channels].

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tensor/gguf_writer.h"

namespace orpheus::convert {

struct CodecConfig {
  uint32_t sampling_rate = 24000;
  uint32_t encoder_dim = 48;
  std::vector<uint32_t> encoder_rates = {2, 4, 8, 8};
  uint32_t decoder_dim = 1024;
  std::vector<uint32_t> decoder_rates = {8, 8, 4, 2};
  uint32_t codebook_size = 4096;
  uint32_t codebook_dim = 8;
  std::vector<uint32_t> vq_strides = {4, 2, 1};
  bool noise = true;
  bool depthwise = true;

  uint32_t latent_dim() const { return encoder_dim << encoder_rates.size(); }
};

// Parses the text of a config.json. Messages begin with the name. Errors: kBadFile (no JSON, a key
// that is missing or out of range), kUnsupported (a codec with attention).
Result<CodecConfig> parse_codec_config(std::string_view json, const std::string& name);

enum class CodecRole {
  kConvolution,     // weight [out, in/groups, kernel]
  kUpsampling,      // weight of a transposed convolution [in, out, 2·stride]
  kNoise,           // weight of a noise block [channels, channels, 1]
  kResidualOutput,  // weight of the last convolution of a residual unit [channels, channels, 1]
  kOutput,          // weight of the convolution to samples [1, channels, 7]
  kBias,            // [out]
  kOutputBias,      // of the convolution to samples [1]
  kAlpha,           // of a snake [1, channels, 1]
  kCodebook,        // [codebook_size, codebook_dim]
};

// Whether a tensor is a convolution's weight, which checkpoints store with weight norm.
bool is_convolution(CodecRole role);

struct CodecTensor {
  std::string name;  // "decoder.model.0.weight"
  CodecRole role;
  std::vector<uint64_t> shape;  // torch's order: slowest first
};

// Quantiser, decoder, encoder.
std::vector<CodecTensor> codec_tensors(const CodecConfig& config);

// Sets the keys and declares the tensors, in their order.
void declare_codec(tensor::GgufWriter& writer, const CodecConfig& config,
                   const std::vector<CodecTensor>& tensors);

}  // namespace orpheus::convert
