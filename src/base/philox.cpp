#include "base/philox.h"

#include <cmath>
#include <numbers>

namespace orpheus {
namespace {

constexpr uint32_t kMultiplier0 = 0xD2511F53;
constexpr uint32_t kMultiplier1 = 0xCD9E8D57;
constexpr uint32_t kWeyl0 = 0x9E3779B9;
constexpr uint32_t kWeyl1 = 0xBB67AE85;
constexpr int kRounds = 10;

}  // namespace

std::array<uint32_t, 4> philox(uint64_t key, uint64_t counter_low, uint64_t counter_high) {
  std::array<uint32_t, 4> x = {
      static_cast<uint32_t>(counter_low), static_cast<uint32_t>(counter_low >> 32U),
      static_cast<uint32_t>(counter_high), static_cast<uint32_t>(counter_high >> 32U)};
  auto k0 = static_cast<uint32_t>(key);
  auto k1 = static_cast<uint32_t>(key >> 32U);
  for (int round = 0; round < kRounds; ++round) {
    const uint64_t p0 = static_cast<uint64_t>(kMultiplier0) * x[0];
    const uint64_t p1 = static_cast<uint64_t>(kMultiplier1) * x[2];
    x = {static_cast<uint32_t>(p1 >> 32U) ^ x[1] ^ k0, static_cast<uint32_t>(p1),
         static_cast<uint32_t>(p0 >> 32U) ^ x[3] ^ k1, static_cast<uint32_t>(p0)};
    k0 += kWeyl0;
    k1 += kWeyl1;
  }
  return x;
}

std::array<float, 2> normal_pair(uint32_t first, uint32_t second) {
  // 1 − u lies in (0, 1], so the logarithm is finite.
  const float radius = std::sqrt(-2.0F * std::log(1.0F - uniform_float(first)));
  const float angle = 2.0F * std::numbers::pi_v<float> * uniform_float(second);
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

}  // namespace orpheus
