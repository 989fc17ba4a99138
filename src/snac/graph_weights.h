#pragma once
// The decoder's weights in the layout of the ggml graph. Immutable: may be shared by all threads.

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "snac/config.h"
#include "tensor/device.h"
#include "tensor/gguf_file.h"
#include "tensor/weights.h"

namespace orpheus::snac {

// Shapes in ggml order. Signals between layers are [time, channels].
struct ConvWeights {
  ggml_tensor* weight = nullptr;  // depthwise [7, 1, channels], pointwise [1, in, out]
  ggml_tensor* bias = nullptr;    // [1, channels]
};

// snake(x) = x + sin²(αx) / (α + 1e-9)
struct SnakeWeights {
  ggml_tensor* alpha = nullptr;    // [1, channels]
  ggml_tensor* inverse = nullptr;  // [1, channels]: 1 / (α + 1e-9)
};

struct CodebookWeights {
  ggml_tensor* codes = nullptr;    // [codebook_dim, codebook_size]
  ggml_tensor* project = nullptr;  // [codebook_dim, latent_dim]
  ggml_tensor* bias = nullptr;     // [latent_dim]
};

struct ResidualWeights {
  SnakeWeights snake_in;
  ConvWeights depthwise;
  SnakeWeights snake_mid;
  ConvWeights pointwise;
};

struct BlockWeights {
  SnakeWeights snake;
  ggml_tensor* upsample = nullptr;  // [in, 2·rate·out]; row o·2·rate + k: tap k of output o
  ggml_tensor* upsample_bias = nullptr;  // [1, out]
  ggml_tensor* noise = nullptr;          // [in = out, out]; null without noise blocks
  std::array<ResidualWeights, kDilations.size()> residuals;
};

struct DecoderWeights {
  std::array<CodebookWeights, kNumCodebooks> codebooks;
  ConvWeights depthwise_in;
  ConvWeights pointwise_in;
  std::vector<BlockWeights> blocks;
  SnakeWeights snake_out;
  ggml_tensor* taps_out = nullptr;  // [7, 1, channels]: the last convolution, per channel
  ggml_tensor* ones = nullptr;      // [channels, 1]: sums the channels
  ggml_tensor* bias_out = nullptr;  // [1, 1]
};

class GraphWeights {
 public:
  // Errors: kBadFile (a tensor is missing or mis-shaped), kLimit (they do not fit the device).
  static Result<std::shared_ptr<const GraphWeights>> load(
      std::shared_ptr<const tensor::GgufFile> file, const Config& config,
      const tensor::Device& device);

  const Config& config() const { return config_; }
  const DecoderWeights& decoder() const { return decoder_; }

 private:
  friend class GraphWeightsLoader;
  GraphWeights() = default;
  Config config_;
  DecoderWeights decoder_;
  std::optional<tensor::Weights> storage_;
};

}  // namespace orpheus::snac
