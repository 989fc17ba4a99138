// How the packed matrices quantise their inputs, compiled for each level of processors.

#include <algorithm>
#include <bit>
#include <cmath>

#include "tensor/level.h"
#include "tensor/packed_inputs.h"

#include ORPHEUS_LANES

namespace orpheus::tensor::ORPHEUS_LEVEL {
namespace {

using namespace packed;

// Quantises as ggml does: symmetric, rounding to the nearest.
template <int64_t kBlock>
void quantise_blocks(std::span<const float> inputs, const ColumnLayout& layout, std::byte* to) {
  auto* quantised = reinterpret_cast<int8_t*>(to);
  auto* scales = reinterpret_cast<float*>(to + layout.scales);
  const auto num_inputs = static_cast<int64_t>(inputs.size());
  for (int64_t block = 0; block < num_inputs / kBlock; ++block) {
    const float* x = inputs.data() + block * kBlock;
    float largest = 0;
    float poison = 0;  // NaN if an input is NaN or infinite, so that the result shows it
    for (int64_t i = 0; i < kBlock; ++i) {
      largest = std::max(largest, std::fabs(x[i]));
      poison += x[i] * 0;
    }
    if (!(poison == 0)) largest = 0;
    const float inverse = largest > 0 ? 127.0F / largest : 0;
    scales[block] = largest / 127.0F + poison;
    constexpr float kRound = 12582912.0F;  // 1.5 · 2^23: adding it rounds to a whole number
    for (int64_t i = 0; i < kBlock; ++i)
      quantised[block * kBlock + i] =
          poison == 0 ? static_cast<int8_t>((x[i] * inverse + kRound) - kRound) : int8_t{1};
  }
  auto* of_16 = reinterpret_cast<int16_t*>(to + layout.sums_of_16);
  auto* of_32 = reinterpret_cast<float*>(to + layout.sums_of_32);
  for (int64_t i = 0; i < num_inputs / 16; ++i) {
    int sum = 0;
    for (int64_t k = 0; k < 16; ++k) sum += quantised[i * 16 + k];
    of_16[i] = static_cast<int16_t>(sum);
  }
  for (int64_t i = 0; i < num_inputs / 32; ++i)
    of_32[i] = static_cast<float>(of_16[i * 2] + of_16[i * 2 + 1]);
}

// The number of inputs is a multiple of 32.
void round_to_f16(std::span<const float> inputs, float* to) {
  for (size_t i = 0; i < inputs.size(); i += lanes::kLanes)
    lanes::store(to + i, lanes::rounded_to_half(lanes::load(inputs.data() + i)));
}

void round_to_bf16(std::span<const float> inputs, float* to) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    const auto bits = std::bit_cast<uint32_t>(inputs[i]);
    to[i] = std::bit_cast<float>((bits + 0x7FFFU + (bits >> 16U & 1U)) & 0xFFFF0000U);
  }
}

}  // namespace

size_t quantised_bytes(Blocks blocks, int64_t num_inputs) {
  if (blocks == Blocks::kF16 || blocks == Blocks::kBf16)
    return static_cast<size_t>(num_inputs) * sizeof(float);
  return static_cast<size_t>(ColumnLayout(blocks, num_inputs).bytes);
}

void quantise(Blocks blocks, std::span<const float> inputs, std::byte* quantised) {
  const auto layout = [&] { return ColumnLayout(blocks, static_cast<int64_t>(inputs.size())); };
  switch (blocks) {
    case Blocks::k32: quantise_blocks<kSmall>(inputs, layout(), quantised); break;
    case Blocks::k256: quantise_blocks<kSuper>(inputs, layout(), quantised); break;
    case Blocks::kF16: round_to_f16(inputs, reinterpret_cast<float*>(quantised)); break;
    case Blocks::kBf16: round_to_bf16(inputs, reinterpret_cast<float*>(quantised)); break;
  }
}

}  // namespace orpheus::tensor::ORPHEUS_LEVEL
