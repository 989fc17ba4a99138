#include "snac/cpu_weights.h"

#include <string>

#include "snac/layer_packer.h"
#include "snac/product.h"

namespace orpheus::snac {
namespace {

class DecoderPacker {
 public:
  DecoderPacker(const tensor::GgufFile& file, const Config& config)
      : file_(file), config_(config), pack_(file) {}

  Result<CpuWeights> pack() {
    CpuWeights w;
    w.config = config_;
    for (int k = 0; k < kNumCodebooks; ++k)
      ORPHEUS_CHECK(codebook(k, w.codebooks[static_cast<size_t>(k)]));
    ORPHEUS_CHECK(pack_.depthwise("decoder.model.0", config_.latent_dim, 1, w.depthwise_in));
    ORPHEUS_CHECK(pack_.pointwise("decoder.model.1", config_.latent_dim, config_.decoder_dim,
                                  w.pointwise_in));
    for (int i = 0; i < config_.num_blocks(); ++i) ORPHEUS_CHECK(block(i, w.blocks.emplace_back()));
    const std::string model = "decoder.model.";
    const int last = 2 + config_.num_blocks();
    const int channels = config_.block_channels(config_.num_blocks() - 1);
    ORPHEUS_CHECK(pack_.snake(model + std::to_string(last), channels, w.snake_out));
    const std::string out = model + std::to_string(last + 1);
    ORPHEUS_TRY(const auto taps, file_.f32_tensor(out + ".weight", {kKernel, channels, 1, 1}));
    ORPHEUS_TRY(const auto bias, file_.f32_tensor(out + ".bias", {1, 1, 1, 1}));
    w.to_mono = ToMono(taps, bias.front());
    return w;
  }

 private:
  Result<void> codebook(int k, CpuCodebook& w) {
    const std::string name = "quantizer.quantizers." + std::to_string(k);
    const int dim = config_.codebook_dim;
    ORPHEUS_TRY(const auto codes,
                file_.f32_tensor(name + ".codebook.weight", {dim, config_.codebook_size, 1, 1}));
    w.codes.assign(codes.begin(), codes.end());
    return pack_.pointwise(name + ".out_proj", dim, config_.latent_dim, w.project);
  }

  Result<void> block(int index, CpuBlock& w) {
    const std::string name = "decoder.model." + std::to_string(2 + index) + ".block.";
    const int in = config_.decoder_dim >> index;
    const int out = config_.block_channels(index);
    ORPHEUS_CHECK(pack_.snake(name + "0", in, w.snake));
    ORPHEUS_CHECK(upsample(name + "1", in, out, config_.decoder_rates[static_cast<size_t>(index)],
                           w.upsample));
    int next = 2;
    if (config_.noise) {
      ORPHEUS_TRY(const auto noise, file_.f32_tensor(name + "2.linear.weight", {1, out, out, 1}));
      w.noise = Matrix(input_major(noise, out, out, padded(out)), padded(out), out, {});
      ++next;
    }
    for (size_t i = 0; i < kDilations.size(); ++i) {
      const std::string part = name + std::to_string(next++) + ".block.";
      ORPHEUS_CHECK(pack_.residual_unit(part, out, kDilations[i], w.units[i]));
    }
    return {};
  }

  Result<void> upsample(const std::string& name, int in, int out, int rate, Matrix& matrix) {
    const int taps = 2 * rate;
    ORPHEUS_TRY(const auto values, file_.f32_tensor(name + ".weight", {taps, out, in, 1}));
    ORPHEUS_TRY(const auto bias, file_.f32_tensor(name + ".bias", {out, 1, 1, 1}));
    // Rows of the matrix: first the inputs of step t − 1 (taps r … 2r − 1), then those of step t
    // (taps 0 … r − 1).
    const int num_inputs = 2 * padded(in);
    const int num_columns = rate * padded(out);
    const auto row_length = static_cast<size_t>(num_columns);
    std::vector<float> rows(static_cast<size_t>(num_inputs) * row_length, 0.0F);
    std::vector<float> biases(row_length, 0.0F);
    size_t next = 0;  // index into the file's values, tap after tap
    for (int channel = 0; channel < in; ++channel) {
      for (int o = 0; o < out; ++o) {
        for (int tap = 0; tap < taps; ++tap) {
          const int input = tap < rate ? padded(in) + channel : channel;
          const int column = (tap % rate) * padded(out) + o;
          rows[static_cast<size_t>(input) * row_length + static_cast<size_t>(column)] =
              values[next++];
        }
      }
    }
    for (int column = 0; column < num_columns; ++column) {
      if (column % padded(out) < out)
        biases[static_cast<size_t>(column)] = bias[static_cast<size_t>(column % padded(out))];
    }
    matrix = Matrix(rows, num_inputs, num_columns, biases);
    return {};
  }

  const tensor::GgufFile& file_;
  const Config& config_;
  const LayerPacker pack_;
};

}  // namespace

Result<CpuWeights> pack_cpu_weights(const tensor::GgufFile& file, const Config& config) {
  return DecoderPacker(file, config).pack();
}

}  // namespace orpheus::snac
