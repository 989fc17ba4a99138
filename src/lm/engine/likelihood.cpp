#include "lm/engine/likelihood.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace orpheus::engine {
namespace {

// Taylor's series of e^x, the highest degree first: on [−ln 2 / 2, ln 2 / 2] it ends within 1e-17.
constexpr auto kInverseFactorials = [] {
  std::array<double, 14> inverse{};
  double factorial = 1;
  for (size_t n = 0; n < inverse.size(); ++n) {
    inverse[inverse.size() - 1 - n] = 1 / factorial;
    factorial *= static_cast<double>(n + 1);
  }
  return inverse;
}();

}  // namespace

double likelihood(float relative) {
  constexpr double kLog2E = 1.4426950408889634;
  constexpr double kRound = 0x1.8p52;                // adding it drops the fraction
  constexpr double kLn2High = 0x1.62e42feep-1;       // 33 bits: its product with a power is exact
  constexpr double kLn2Low = 0x1.a39ef35793c76p-33;  // ln 2 − kLn2High
  constexpr float kSmallest = -700;                  // its power of two is a normal number
  if (relative < kSmallest) return 0;
  const double x = relative;
  const double power = (x * kLog2E + kRound) - kRound;
  const double rest = (x - power * kLn2High) - power * kLn2Low;
  double sum = 0;
  for (const double inverse : kInverseFactorials) sum = sum * rest + inverse;
  const auto exponent = static_cast<uint64_t>(static_cast<int64_t>(power));
  return std::bit_cast<double>(std::bit_cast<uint64_t>(sum) + (exponent << 52U));
}

// The bits of −relative grow as the likelihood falls, so halving the interval of bits finds it.
float least_relative(float min_p) {
  if (min_p <= 0) return -std::numeric_limits<float>::infinity();
  const double wanted = min_p;
  uint32_t likely = 0;
  uint32_t unlikely = std::bit_cast<uint32_t>(std::numeric_limits<float>::infinity());
  while (unlikely - likely > 1) {
    const uint32_t middle = likely + (unlikely - likely) / 2;
    (likelihood(-std::bit_cast<float>(middle)) >= wanted ? likely : unlikely) = middle;
  }
  return -std::bit_cast<float>(likely);
}

}  // namespace orpheus::engine
