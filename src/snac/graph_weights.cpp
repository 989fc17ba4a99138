#include "snac/graph_weights.h"

#include <string>
#include <utility>

namespace orpheus::snac {

using tensor::Shape;

class GraphWeightsLoader {
 public:
  GraphWeightsLoader(tensor::WeightLoader& loader, const Config& config)
      : loader_(loader), config_(config) {}

  Result<void> load(DecoderWeights& w) {
    for (int k = 0; k < kNumCodebooks; ++k)
      ORPHEUS_CHECK(codebook(k, w.codebooks[static_cast<size_t>(k)]));
    ORPHEUS_CHECK(depthwise("decoder.model.0", config_.latent_dim, w.depthwise_in));
    ORPHEUS_CHECK(
        pointwise("decoder.model.1", config_.latent_dim, config_.decoder_dim, w.pointwise_in));
    for (int i = 0; i < config_.num_blocks(); ++i) ORPHEUS_CHECK(block(i, w.blocks.emplace_back()));
    const std::string model = "decoder.model.";
    const int last = 2 + config_.num_blocks();
    const int64_t channels = config_.block_channels(config_.num_blocks() - 1);
    ORPHEUS_CHECK(snake(model + std::to_string(last), channels, w.snake_out));
    // [7, channels, 1] in the file has the same bytes as seven taps for each channel.
    const std::string out = model + std::to_string(last + 1);
    ORPHEUS_TRY(const auto taps, loader_.values(out + ".weight", {kKernel, channels, 1, 1}));
    w.taps_out =
        loader_.computed(out + ".taps", {kKernel, 1, channels, 1}, {taps.begin(), taps.end()});
    w.ones = loader_.computed("ones", {channels, 1, 1, 1},
                              std::vector<float>(static_cast<size_t>(channels), 1.0F));
    ORPHEUS_TRY(w.bias_out, bias(out, 1));
    return {};
  }

 private:
  Result<void> codebook(int k, CodebookWeights& w) {
    const std::string name = "quantizer.quantizers." + std::to_string(k);
    ORPHEUS_TRY(w.codes, loader_.demand_f32(name + ".codebook.weight",
                                            {config_.codebook_dim, config_.codebook_size, 1, 1}));
    ORPHEUS_TRY(w.project, loader_.demand_f32(name + ".out_proj.weight",
                                              {1, config_.codebook_dim, config_.latent_dim, 1}));
    ORPHEUS_TRY(w.bias, loader_.demand_f32(name + ".out_proj.bias", {config_.latent_dim, 1, 1, 1}));
    return {};
  }

  Result<void> block(int index, BlockWeights& w) {
    const std::string name = "decoder.model." + std::to_string(2 + index) + ".block.";
    const int64_t in = int64_t{config_.decoder_dim} >> index;
    const int64_t out = config_.block_channels(index);
    const int rate = config_.decoder_rates[static_cast<size_t>(index)];
    ORPHEUS_CHECK(snake(name + "0", in, w.snake));
    ORPHEUS_CHECK(upsample(name + "1", in, out, rate, w));
    int next = 2;
    if (config_.noise) {
      ORPHEUS_TRY(w.noise, loader_.demand_f32(name + "2.linear.weight", {1, out, out, 1}));
      ++next;
    }
    for (ResidualWeights& residual : w.residuals) {
      const std::string unit = name + std::to_string(next++) + ".block.";
      ORPHEUS_CHECK(snake(unit + "0", out, residual.snake_in));
      ORPHEUS_CHECK(depthwise(unit + "1", out, residual.depthwise));
      ORPHEUS_CHECK(snake(unit + "2", out, residual.snake_mid));
      ORPHEUS_CHECK(pointwise(unit + "3", out, out, residual.pointwise));
    }
    return {};
  }

  // The file has [taps, out, in]; a matrix product wants the input channels fastest.
  Result<void> upsample(const std::string& name, int64_t in, int64_t out, int rate,
                        BlockWeights& w) {
    const int64_t taps = int64_t{2} * rate;
    ORPHEUS_TRY(const auto values, loader_.values(name + ".weight", {taps, out, in, 1}));
    const auto rows = static_cast<size_t>(taps * out);
    const auto columns = static_cast<size_t>(in);
    std::vector<float> transposed(values.size());
    for (size_t column = 0; column < columns; ++column) {
      for (size_t row = 0; row < rows; ++row)
        transposed[row * columns + column] = values[column * rows + row];
    }
    w.upsample = loader_.computed(name + ".columns", {in, taps * out, 1, 1}, std::move(transposed));
    ORPHEUS_TRY(w.upsample_bias, bias(name, out));
    return {};
  }

  Result<void> snake(const std::string& name, int64_t channels, SnakeWeights& w) {
    ORPHEUS_TRY(const auto alpha, loader_.values(name + ".alpha", {channels, 1, 1, 1}));
    std::vector<float> inverse;
    for (const float a : alpha) inverse.push_back(1.0F / (a + 1e-9F));
    w.alpha = loader_.computed(name + ".alpha", {1, channels, 1, 1}, {alpha.begin(), alpha.end()});
    w.inverse = loader_.computed(name + ".inverse", {1, channels, 1, 1}, std::move(inverse));
    return {};
  }

  Result<void> depthwise(const std::string& name, int64_t channels, ConvWeights& w) {
    ORPHEUS_TRY(w.weight, loader_.demand_f32(name + ".weight", {kKernel, 1, channels, 1}));
    ORPHEUS_TRY(w.bias, bias(name, channels));
    return {};
  }

  Result<void> pointwise(const std::string& name, int64_t in, int64_t out, ConvWeights& w) {
    ORPHEUS_TRY(w.weight, loader_.demand_f32(name + ".weight", {1, in, out, 1}));
    ORPHEUS_TRY(w.bias, bias(name, out));
    return {};
  }

  // As [1, channels]: one value for all time.
  Result<ggml_tensor*> bias(const std::string& name, int64_t channels) {
    ORPHEUS_TRY(const auto values, loader_.values(name + ".bias", {channels, 1, 1, 1}));
    return loader_.computed(name + ".bias", {1, channels, 1, 1}, {values.begin(), values.end()});
  }

  tensor::WeightLoader& loader_;
  const Config& config_;
};

Result<std::shared_ptr<const GraphWeights>> GraphWeights::load(
    std::shared_ptr<const tensor::GgufFile> file, const Config& config,
    const tensor::Device& device) {
  std::shared_ptr<GraphWeights> weights(new GraphWeights());
  weights->config_ = config;
  tensor::WeightLoader loader(std::move(file), device);
  ORPHEUS_CHECK(GraphWeightsLoader(loader, weights->config_).load(weights->decoder_));
  ORPHEUS_TRY(tensor::Weights storage, loader.load());
  weights->storage_.emplace(std::move(storage));
  return std::shared_ptr<const GraphWeights>(std::move(weights));
}

}  // namespace orpheus::snac
