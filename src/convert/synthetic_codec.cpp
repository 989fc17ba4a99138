#include "convert/synthetic_codec.h"

#include <cmath>
#include <span>
#include <vector>

#include "convert/random_weights.h"

namespace orpheus::convert {
namespace {

// The loudness is proportional to this value, below clipping: 0.12 gives peaks of 0.4 to
// 0.8.
constexpr float kOutputGain = 0.12F;
// These gains keep the standard deviation about the same from block to block: snakes and residual
// units raise it, upsampling lowers it.
constexpr float kUpsamplingGain = 0.65F;
constexpr float kResidualGain = 0.4F;
constexpr float kNoiseGain = 0.2F;
constexpr float kBiasDeviation = 0.1F;
constexpr float kLowestAlpha = 0.5F;
constexpr float kHighestAlpha = 1.5F;

constexpr uint64_t kFirstStream = uint64_t{1} << 32U;  // lower ones belong to the language model

// Standard deviation that turns inputs of spread 1 into outputs of spread `gain`.
float fan_in_deviation(float gain, uint64_t num_inputs) {
  return gain / std::sqrt(static_cast<float>(num_inputs));
}

// Taps that add up to zero pass no constant, so the sound has no DC offset.
void remove_mean(std::span<float> taps) {
  float sum = 0;
  for (const float tap : taps) sum += tap;
  for (float& tap : taps) tap -= sum / static_cast<float>(taps.size());
}

std::vector<float> random_tensor(const CodecTensor& tensor, RandomStream random) {
  uint64_t count = 1;
  for (const uint64_t size : tensor.shape) count *= size;
  std::vector<float> values(static_cast<size_t>(count));
  const auto& shape = tensor.shape;
  switch (tensor.role) {
    case CodecRole::kConvolution:
      fill_normal(random, 0, fan_in_deviation(1, shape[1] * shape[2]), values);
      break;
    case CodecRole::kUpsampling:  // two of its taps meet in each output
      fill_normal(random, 0, fan_in_deviation(kUpsamplingGain, 2 * shape[0]), values);
      break;
    case CodecRole::kNoise:
      fill_normal(random, 0, fan_in_deviation(kNoiseGain, shape[1]), values);
      break;
    case CodecRole::kResidualOutput:
      fill_normal(random, 0, fan_in_deviation(kResidualGain, shape[1]), values);
      break;
    case CodecRole::kOutput:
      fill_normal(random, 0, fan_in_deviation(kOutputGain, shape[1] * shape[2]), values);
      for (size_t i = 0; i < values.size(); i += shape[2])
        remove_mean(std::span(values).subspan(i, shape[2]));
      break;
    case CodecRole::kBias: fill_normal(random, 0, kBiasDeviation, values); break;
    case CodecRole::kOutputBias: break;  // stays zero
    case CodecRole::kAlpha: fill_uniform(random, 0, kLowestAlpha, kHighestAlpha, values); break;
    case CodecRole::kCodebook: fill_normal(random, 0, 1, values); break;
  }
  return values;
}

}  // namespace

Result<tensor::GgufWriter> write_synthetic_codec(const std::filesystem::path& path,
                                                 const CodecConfig& config, uint64_t seed) {
  const std::vector<CodecTensor> tensors = codec_tensors(config);
  tensor::GgufWriter writer;
  declare_codec(writer, config, tensors);
  ORPHEUS_CHECK(writer.begin(path));
  uint64_t stream = kFirstStream;
  for (const CodecTensor& tensor : tensors) {
    const std::vector<float> values = random_tensor(tensor, {seed, stream++});
    ORPHEUS_CHECK(writer.write(std::as_bytes(std::span(values))));
  }
  return writer;
}

}  // namespace orpheus::convert
