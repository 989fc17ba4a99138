#include "plan/ledger.h"

#include <gtest/gtest.h>

#include "hardware/testing/recorded_machines.h"

namespace orpheus::plan {
namespace {

using hardware::gpu;
using hardware::kGiB;

// Guards against: the plan uses more memory than the control group allows.
TEST(Ledger, AControlGroupBoundsWhatIsFreeInMainMemory) {
  hardware::Facts facts =
      hardware::machine({gpu("NVIDIA A10", 22503), gpu("Intel(R) UHD", 24576, "Vulkan0")});
  facts.devices[1].kind = tensor::DeviceKind::kIntegratedGpu;
  facts.memory.limit_bytes = facts.memory.available_bytes = kGiB;
  EXPECT_EQ(free_bytes_of(facts, facts.devices[0]), facts.devices[0].memory_free_bytes);
  EXPECT_EQ(free_bytes_of(facts, facts.devices[1]), kGiB);
  EXPECT_EQ(free_bytes_of(facts, facts.devices[2]), kGiB);
}

// Guards against: the engine is told of less or more memory than it finds at its start.
TEST(Ledger, ACpusCacheIsTakenAndMeasuredAsFreeAGpusIsNot) {
  const hardware::Facts facts = hardware::machine({gpu("NVIDIA A10", 22503)});
  Ledger ledger(facts, 0);
  const auto& gpu_device = facts.devices[0];
  const auto& cpu = facts.devices[1];
  const size_t free_on_gpu = ledger.free_on(gpu_device);
  const size_t free_on_cpu = ledger.free_on(cpu);
  EXPECT_EQ(ledger.measured_on(gpu_device), free_on_gpu);
  EXPECT_EQ(ledger.measured_on(cpu), free_on_cpu);
  ledger.take_cache(gpu_device, 1000);
  ledger.take_cache(cpu, 300);
  ledger.take(cpu, 20);
  EXPECT_EQ(ledger.free_on(gpu_device), free_on_gpu - 1000);
  EXPECT_EQ(ledger.measured_on(gpu_device), free_on_gpu - 1000);
  EXPECT_EQ(ledger.free_on(cpu), free_on_cpu - 320);
  EXPECT_EQ(ledger.measured_on(cpu), free_on_cpu - 20);
}

}  // namespace
}  // namespace orpheus::plan
