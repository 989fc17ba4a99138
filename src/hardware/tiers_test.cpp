#include "hardware/tiers.h"

#include <gtest/gtest.h>

#include "hardware/testing/recorded_machines.h"

namespace orpheus::hardware {
namespace {

TEST(Tiers, EachHasItsMatrixPrecision) {
  EXPECT_EQ(name_of(defaults_of(Tier::kHigh).matrix_precision), "tf32");
  EXPECT_EQ(name_of(defaults_of(Tier::kMid).matrix_precision), "tf32");
  EXPECT_EQ(name_of(defaults_of(Tier::kLow).matrix_precision), "f16");
  EXPECT_EQ(name_of(defaults_of(Tier::kCpu).matrix_precision), "tf32");
}

TEST(Tiers, UnifiedMemoryCountsTwoThirdsHoweverTheBackEndReportsIt) {
  EXPECT_EQ(tier_of(gpu("Apple M1", size_t{16} * 1024), 16 * kGiB), Tier::kMid);
  auto integrated = gpu("Intel(R) UHD", size_t{24} * 1024);
  integrated.kind = tensor::DeviceKind::kIntegratedGpu;
  EXPECT_EQ(tier_of(integrated, 24 * kGiB), Tier::kMid);
  EXPECT_EQ(tier_of(machine({}).devices.front(), 64 * kGiB), Tier::kCpu);
}

TEST(Tiers, AKindHasItsName) {
  EXPECT_EQ(name_of(tensor::DeviceKind::kGpu), "GPU");
  EXPECT_EQ(name_of(tensor::DeviceKind::kIntegratedGpu), "integrated GPU");
  EXPECT_EQ(name_of(tensor::DeviceKind::kCpu), "CPU");
}

}  // namespace
}  // namespace orpheus::hardware
