#include "snac/cpu_weights.h"

#include <string>
#include <utility>

#include "snac/vectors.h"

namespace orpheus::snac {
namespace {

class Packer {
 public:
  Packer(const tensor::GgufFile& file, const Config& config) : file_(file), config_(config) {}

  Result<CpuWeights> pack() {
    CpuWeights w;
    w.config = config_;
    for (int k = 0; k < kNumCodebooks; ++k)
      ORPHEUS_CHECK(codebook(k, w.codebooks[static_cast<size_t>(k)]));
    ORPHEUS_CHECK(depthwise("decoder.model.0", config_.latent_dim, 1, w.depthwise_in));
    ORPHEUS_CHECK(
        pointwise("decoder.model.1", config_.latent_dim, config_.decoder_dim, w.pointwise_in));
    for (int i = 0; i < config_.num_blocks(); ++i) ORPHEUS_CHECK(block(i, w.blocks.emplace_back()));
    const std::string model = "decoder.model.";
    const int last = 2 + config_.num_blocks();
    const int channels = config_.block_channels(config_.num_blocks() - 1);
    ORPHEUS_CHECK(snake(model + std::to_string(last), channels, w.snake_out));
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
    return pointwise(name + ".out_proj", dim, config_.latent_dim, w.project);
  }

  Result<void> block(int index, CpuBlock& w) {
    const std::string name = "decoder.model." + std::to_string(2 + index) + ".block.";
    const int in = config_.decoder_dim >> index;
    const int out = config_.block_channels(index);
    ORPHEUS_CHECK(snake(name + "0", in, w.snake));
    ORPHEUS_CHECK(upsample(name + "1", in, out, config_.decoder_rates[static_cast<size_t>(index)],
                           w.upsample));
    int next = 2;
    if (config_.noise) {
      ORPHEUS_TRY(const auto noise, file_.f32_tensor(name + "2.linear.weight", {1, out, out, 1}));
      w.noise = Matrix(transposed(noise, out, out, padded(out)), padded(out), out, {});
      ++next;
    }
    for (size_t i = 0; i < kDilations.size(); ++i) {
      CpuResidualUnit& unit = w.units[i];
      const std::string part = name + std::to_string(next++) + ".block.";
      ORPHEUS_CHECK(snake(part + "0", out, unit.snake_in));
      ORPHEUS_CHECK(depthwise(part + "1", out, kDilations[i], unit.depthwise));
      ORPHEUS_CHECK(snake(part + "2", out, unit.snake_mid));
      ORPHEUS_CHECK(pointwise(part + "3", out, out, unit.pointwise));
    }
    return {};
  }

  Result<void> upsample(const std::string& name, int in, int out, int rate, Matrix& matrix) {
    const int taps = 2 * rate;
    ORPHEUS_TRY(const auto values, file_.f32_tensor(name + ".weight", {taps, out, in, 1}));
    ORPHEUS_TRY(const auto bias, file_.f32_tensor(name + ".bias", {out, 1, 1, 1}));
    // Rows: the inputs of the step before (taps r … 2r − 1), then those of the step itself (taps 0
    // … r − 1).
    const int num_inputs = 2 * padded(in);
    const int num_columns = rate * padded(out);
    const auto row_length = static_cast<size_t>(num_columns);
    std::vector<float> rows(static_cast<size_t>(num_inputs) * row_length, 0.0F);
    std::vector<float> biases(row_length, 0.0F);
    size_t next = 0;  // of the file's values, tap after tap
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

  Result<void> snake(const std::string& name, int channels, Snake& w) {
    ORPHEUS_TRY(const auto alpha, file_.f32_tensor(name + ".alpha", {channels, 1, 1, 1}));
    w = Snake(alpha);
    return {};
  }

  Result<void> depthwise(const std::string& name, int channels, int dilation, Depthwise& w) {
    ORPHEUS_TRY(const auto taps, file_.f32_tensor(name + ".weight", {kKernel, 1, channels, 1}));
    ORPHEUS_TRY(const auto bias, file_.f32_tensor(name + ".bias", {channels, 1, 1, 1}));
    w = Depthwise(taps, bias, dilation);
    return {};
  }

  Result<void> pointwise(const std::string& name, int in, int out, Matrix& matrix) {
    ORPHEUS_TRY(const auto values, file_.f32_tensor(name + ".weight", {1, in, out, 1}));
    ORPHEUS_TRY(const auto bias, file_.f32_tensor(name + ".bias", {out, 1, 1, 1}));
    matrix = Matrix(transposed(values, in, out, in), in, out, bias);
    return {};
  }

  // [out][in] to [num_inputs][out], with zeros for the inputs that pad a row.
  static std::vector<float> transposed(std::span<const float> values, int in, int out,
                                       int num_inputs) {
    const auto num_rows = static_cast<size_t>(in);
    const auto row_length = static_cast<size_t>(out);
    std::vector<float> rows(static_cast<size_t>(num_inputs) * row_length, 0.0F);
    for (size_t o = 0; o < row_length; ++o) {
      for (size_t i = 0; i < num_rows; ++i) rows[i * row_length + o] = values[o * num_rows + i];
    }
    return rows;
  }

  const tensor::GgufFile& file_;
  const Config& config_;
};

}  // namespace

Result<CpuWeights> pack_cpu_weights(const tensor::GgufFile& file, const Config& config) {
  return Packer(file, config).pack();
}

}  // namespace orpheus::snac
