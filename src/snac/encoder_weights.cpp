#include "snac/encoder_weights.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "snac/layer_packer.h"
#include "snac/product.h"

namespace orpheus::snac {
namespace {

// torch's F.normalize divides by at least this.
constexpr float kLeastNorm = 1e-12F;

class EncoderPacker {
 public:
  EncoderPacker(const tensor::GgufFile& file, const Config& config)
      : file_(file), config_(config), pack_(file) {}

  Result<EncoderWeights> pack() {
    EncoderWeights w;
    w.config = config_;
    ORPHEUS_CHECK(convolution_in(w.convolution_in));
    for (size_t i = 0; i < config_.encoder_rates.size(); ++i)
      ORPHEUS_CHECK(block(i, w.blocks.emplace_back()));
    ORPHEUS_CHECK(pack_.depthwise("encoder.block." + std::to_string(w.blocks.size() + 1),
                                  config_.latent_dim, 1, w.depthwise_out));
    for (size_t k = 0; k < w.quantisers.size(); ++k) ORPHEUS_CHECK(quantiser(k, w.quantisers[k]));
    return w;
  }

 private:
  Result<void> convolution_in(DenseConv& layer) {
    const int out = config_.encoder_dim;
    ORPHEUS_TRY(const auto values,
                file_.f32_tensor("encoder.block.0.weight", {kKernel, 1, out, 1}));
    ORPHEUS_TRY(const auto bias, file_.f32_tensor("encoder.block.0.bias", {out, 1, 1, 1}));
    layer = DenseConv(Matrix(input_major(values, kKernel, out, kKernel), kKernel, out, bias),
                      {.left = kKernel / 2, .right = kKernel / 2});
    return {};
  }

  Result<void> block(size_t index, EncoderBlockWeights& w) {
    const std::string name = "encoder.block." + std::to_string(index + 1) + ".block.";
    const int in = config_.encoder_dim << index;
    for (size_t i = 0; i < kDilations.size(); ++i) {
      ORPHEUS_CHECK(
          pack_.residual_unit(name + std::to_string(i) + ".block.", in, kDilations[i], w.units[i]));
    }
    ORPHEUS_CHECK(pack_.snake(name + "3", in, w.snake));
    return downsample(name + "4", in, 2 * in, config_.encoder_rates[index], w.downsample);
  }

  Result<void> downsample(const std::string& name, int in, int out, int rate, DenseConv& layer) {
    const int taps = 2 * rate;
    ORPHEUS_TRY(const auto values, file_.f32_tensor(name + ".weight", {taps, in, out, 1}));
    ORPHEUS_TRY(const auto bias, file_.f32_tensor(name + ".bias", {out, 1, 1, 1}));
    const int stride = padded(in);
    const auto columns = static_cast<size_t>(out);
    std::vector<float> rows(static_cast<size_t>(taps) * static_cast<size_t>(stride) * columns,
                            0.0F);
    const float* value = values.data();
    for (size_t o = 0; o < columns; ++o) {
      for (int channel = 0; channel < in; ++channel) {
        for (int tap = 0; tap < taps; ++tap)
          rows[static_cast<size_t>(tap * stride + channel) * columns + o] = *value++;
      }
    }
    layer = DenseConv(Matrix(rows, taps * stride, out, bias),
                      {.stride = rate, .left = rate / 2, .right = rate / 2});
    return {};
  }

  Result<void> quantiser(size_t k, QuantiserWeights& w) {
    const std::string name = "quantizer.quantizers." + std::to_string(k);
    const int dim = config_.codebook_dim;
    ORPHEUS_CHECK(pack_.pointwise(name + ".in_proj", config_.latent_dim, dim, w.project_in));
    ORPHEUS_CHECK(pack_.pointwise(name + ".out_proj", dim, config_.latent_dim, w.project_out));
    ORPHEUS_TRY(const auto codes,
                file_.f32_tensor(name + ".codebook.weight", {dim, config_.codebook_size, 1, 1}));
    w.codes.assign(codes.begin(), codes.end());
    w.nearness = nearness_to(codes);
    return {};
  }

  // The distance² of e to a code c, both of length one, is e² − 2 e·c + c²: the nearest has the
  // largest e·c − c² / 2.
  Matrix nearness_to(std::span<const float> codes) const {
    const auto dim = static_cast<size_t>(config_.codebook_dim);
    std::vector<float> directions(codes.begin(), codes.end());
    std::vector<float> bias;
    for (size_t start = 0; start < directions.size(); start += dim) {
      const auto code = std::span(directions).subspan(start, dim);
      normalise(code);
      float square = 0;
      for (const float value : code) square += value * value;
      bias.push_back(-0.5F * square);
    }
    return Matrix(
        input_major(directions, config_.codebook_dim, config_.codebook_size, config_.codebook_dim),
        config_.codebook_dim, config_.codebook_size, bias);
  }

  const tensor::GgufFile& file_;
  const Config& config_;
  const LayerPacker pack_;
};

}  // namespace

void normalise(std::span<float> vector) {
  float square = 0;
  for (const float value : vector) square += value * value;
  const float norm = std::max(std::sqrt(square), kLeastNorm);
  for (float& value : vector) value /= norm;
}

Result<EncoderWeights> pack_encoder_weights(const tensor::GgufFile& file, const Config& config) {
  int hop = 1;
  bool even = true;
  for (const int rate : config.encoder_rates) {
    even = even && rate >= 2 && rate % 2 == 0 && rate <= config.samples_per_frame();
    if (even && hop <= config.samples_per_frame()) hop *= rate;
  }
  if (!even || hop * kLatentsPerFrame != config.samples_per_frame()) {
    return fail({.kind = ErrorKind::kUnsupported,
                 .what = file.name() + ": an encoder with another frame length",
                 .expected = "even snac.encoder_rates with a product of 512 samples per latent",
                 .remedy = "Orpheus uses the 24 kHz SNAC; convert that checkpoint."});
  }
  return EncoderPacker(file, config).pack();
}

}  // namespace orpheus::snac
