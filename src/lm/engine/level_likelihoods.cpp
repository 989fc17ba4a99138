// The inner loops of the sampler (processor_kernels.h), compiled for each level of processors.

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "lm/engine/processor_kernels.h"
#include "lm/engine/vectors.h"

namespace orpheus::engine::ORPHEUS_LEVEL {

extern const ProcessorKernels kProcessorKernels;

namespace {

static_assert(kMostLanes % kLanes == 0);

constexpr float kLowest = std::numeric_limits<float>::lowest();

float highest(std::span<const float> values) {
  constexpr size_t kWide = 2 * kLanes;
  float most = kLowest;
  size_t row = 0;
  auto of_lane = WideFloats{} + kLowest;
  for (; row + kWide <= values.size(); row += kWide) {
    const auto next = load<WideFloats>(values.data() + row);
    of_lane = next > of_lane ? next : of_lane;
  }
  for (size_t lane = 0; lane < kWide; ++lane) most = std::max(most, of_lane[lane]);
  for (; row < values.size(); ++row) most = std::max(most, values[row]);
  return most;
}

float lowest(std::span<const float> values) {
  constexpr size_t kWide = 2 * kLanes;
  float least = 0;
  size_t row = 0;
  if (values.size() >= kWide) {
    auto of_lane = load<WideFloats>(values.data());
    for (; row + kWide <= values.size(); row += kWide) {
      const auto next = load<WideFloats>(values.data() + row);
      of_lane = next < of_lane ? next : of_lane;
    }
    for (size_t lane = 0; lane < kWide; ++lane) least = std::min(least, of_lane[lane]);
  }
  for (; row < values.size(); ++row) least = std::min(least, values[row]);
  return least;
}

using WideIntegers = int32_t __attribute__((vector_size(sizeof(WideFloats))));

// e^x for x ≤ 0, within 3e-7 of it as a ratio; below −87 it stays at 1.6e-38.
WideFloats exponential(WideFloats x) {
  constexpr float kRound = 12582912.0F;  // 1.5 · 2^23: adding it rounds to a whole number
  const WideFloats lowest = WideFloats{} - 87.0F;
  x = x > lowest ? x : lowest;
  const WideFloats power = (x * 1.44269504F + kRound) - kRound;
  const WideFloats rest = (x - power * 0.693359375F) + power * 2.12194440e-4F;
  WideFloats sum = WideFloats{} + 1.9875691500e-4F;
  sum = sum * rest + 1.3981999507e-3F;
  sum = sum * rest + 8.3334519073e-3F;
  sum = sum * rest + 4.1665795894e-2F;
  sum = sum * rest + 1.6666665459e-1F;
  sum = sum * rest + 5.0000001201e-1F;
  sum = sum * rest * rest + rest + 1.0F;
  const WideIntegers bits = (__builtin_convertvector(power, WideIntegers) + 127) << 23;
  return sum * std::bit_cast<WideFloats>(bits);
}

// ln Σ e^(value − highest)
double log_sum(std::span<const float> values, float most) {
  constexpr size_t kWide = 2 * kLanes;
  WideFloats of_lane = {};
  size_t row = 0;
  for (; row + kWide <= values.size(); row += kWide)
    of_lane += exponential(load<WideFloats>(values.data() + row) - most);
  double sum = 0;
  for (size_t lane = 0; lane < kWide; ++lane) sum += static_cast<double>(of_lane[lane]);
  for (; row < values.size(); ++row) sum += std::exp(static_cast<double>(values[row]) - most);
  return std::log(sum);
}

// The compiler makes vectors of this loop.
void scale(std::span<float> values, float most, float temperature) {
  for (float& value : values) value = (value - most) / temperature;
}

// ln(2)^n / n!: Taylor's series of 2^x, which on [−½, ½] ends within 1.1e-11 of it.
constexpr auto kPowersOfTwo = [] {
  std::array<double, 10> coefficients{};
  double next = 1;
  for (size_t n = 0; n < coefficients.size(); ++n) {
    coefficients[n] = next;
    next *= 0.69314718055994531 / static_cast<double>(n + 1);
  }
  return coefficients;
}();

inline Doubles fast_likelihoods(Doubles relative) {
  constexpr double kLog2E = 1.4426950408889634;
  constexpr double kRound = 0x1.8p52;  // adding it drops the fraction; its low bits count
  const Doubles x = relative * kLog2E;
  const Doubles rounded = x + kRound;
  const Doubles rest = x - (rounded - kRound);
  Doubles sum = rest * kPowersOfTwo.back() + kPowersOfTwo[kPowersOfTwo.size() - 2];
  for (size_t n = kPowersOfTwo.size() - 2; n-- > 0;) sum = sum * rest + kPowersOfTwo[n];
  return std::bit_cast<Doubles>(std::bit_cast<Longs>(sum) + (std::bit_cast<Longs>(rounded) << 52));
}

void weigh(const float* relative, float bins_per_unit, double* weights, int32_t* bins) {
  for (size_t i = 0; i < kBlock; i += kLanes) {
    const auto values = load<Floats>(relative + i);
    const auto too_deep = values < kDeepest;
    const Floats near = too_deep ? Floats{} + kDeepest : values;
    store(weights + i, fast_likelihoods(__builtin_convertvector(near, Doubles)));
    Integers lane;
    for (size_t j = 0; j < kLanes; ++j) lane[j] = static_cast<int32_t>(kTooDeep + j);
    const Integers bin = __builtin_convertvector(near * -bins_per_unit, Integers);
    store(bins + i, too_deep ? lane : bin);
  }
}

double sum(const double* values, size_t count) {
  Doubles sums{};
  for (size_t i = 0; i < count; i += kLanes) sums += load<Doubles>(values + i);
  double total = 0;
  for (size_t lane = 0; lane < kLanes; ++lane) total += sums[lane];
  return total;
}

}  // namespace

constinit const ProcessorKernels kProcessorKernels = {.highest = highest,
                                                      .lowest = lowest,
                                                      .log_sum = log_sum,
                                                      .scale = scale,
                                                      .weigh = weigh,
                                                      .sum = sum};

}  // namespace orpheus::engine::ORPHEUS_LEVEL
