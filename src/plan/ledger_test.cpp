#include "plan/ledger.h"

#include <gtest/gtest.h>

#include "hardware/testing/recorded_machines.h"

namespace orpheus::plan {
namespace {

using hardware::gpu;
using hardware::kGiB;

// Guards against a plan that counts on memory that the control group does not allow.
TEST(Ledger, AControlGroupBoundsWhatIsFreeInMainMemory) {
  hardware::Facts facts =
      hardware::machine({gpu("NVIDIA A10", 22503), gpu("Intel(R) UHD", 24576, "Vulkan0")});
  facts.devices[1].kind = tensor::DeviceKind::kIntegratedGpu;
  facts.memory.limit_bytes = facts.memory.available_bytes = kGiB;
  EXPECT_EQ(free_bytes_of(facts, facts.devices[0]), facts.devices[0].memory_free_bytes);
  EXPECT_EQ(free_bytes_of(facts, facts.devices[1]), kGiB);
  EXPECT_EQ(free_bytes_of(facts, facts.devices[2]), kGiB);
}

}  // namespace
}  // namespace orpheus::plan
