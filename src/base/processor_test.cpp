// Guards against a wrong choice of the level. Above what the processor and the operating system
// support, the program ends with an illegal instruction; below, it is slow.

#include "base/processor.h"

#include <vector>

#include <gtest/gtest.h>

#include "base/processor_features.h"
#include "base/testing/processor_level.h"

namespace orpheus {
namespace {

bool has(std::string_view level, const CpuRegisters& registers) {
  return lacking_instructions(level, registers).empty();
}

#if defined(__x86_64__)

// As these processors answer CPUID.
constexpr CpuRegisters kCore2 = {.leaf1_ecx = 0x0000E3BD, .extended_ecx = 0x1};
constexpr CpuRegisters kNehalem = {.leaf1_ecx = 0x009CE3BD, .extended_ecx = 0x1};
constexpr CpuRegisters kHaswell = {
    .leaf1_ecx = 0x7FFAFBFF, .leaf7_ebx = 0x000027AB, .extended_ecx = 0x21, .saved_by_os = 0x7};
constexpr CpuRegisters kIceLake = {.leaf1_ecx = 0x7FFAFBBF,
                                   .leaf7_ebx = 0xF2BF27EB,
                                   .leaf7_ecx = 0x40405F4E,
                                   .extended_ecx = 0x121,
                                   .saved_by_os = 0x2E7};

CpuRegisters alder_lake() {
  CpuRegisters registers = kHaswell;
  registers.leaf7_1_eax = 1U << 4U;
  return registers;
}

TEST(ProcessorLevel, IsTheBestOfEachProcessor) {
  EXPECT_FALSE(has("x86_64_v2", kCore2));
  EXPECT_TRUE(has("x86_64_v2", kNehalem));
  EXPECT_FALSE(has("avx2", kNehalem));
  EXPECT_TRUE(has("avx2", kHaswell));
  EXPECT_FALSE(has("avx_vnni", kHaswell));
  EXPECT_FALSE(has("avx512_vnni", kHaswell));
  EXPECT_TRUE(has("avx_vnni", alder_lake()));
  EXPECT_FALSE(has("avx512_vnni", alder_lake()));
  EXPECT_TRUE(has("avx512_vnni", kIceLake));
  EXPECT_FALSE(has("avx_vnni", kIceLake));
}

TEST(ProcessorLevel, NeedsASystemThatSavesItsRegisters) {
  CpuRegisters registers = kIceLake;
  registers.saved_by_os = 0x7;
  EXPECT_FALSE(has("avx512_vnni", registers));
  EXPECT_TRUE(has("avx2", registers));
  registers.saved_by_os = 0x3;
  EXPECT_FALSE(has("avx2", registers));
  EXPECT_TRUE(has("x86_64_v2", registers));
}

TEST(ProcessorLevel, NamesEachInstructionThatIsLacking) {
  const auto lacking = lacking_instructions("x86_64_v2", kCore2);
  EXPECT_EQ(lacking, (std::vector<std::string_view>{"SSE4.1", "SSE4.2", "POPCNT"}));
}

#endif

TEST(ProcessorLevel, OfThisProcessorIsOneOfTheProgram) {
  ASSERT_FALSE(processor_levels().empty());
  ASSERT_LT(processor_level(), processor_levels().size());
  EXPECT_FALSE(processor_level_in_words().empty());
  EXPECT_EQ(unsuited_processor(), "");
}

TEST(ProcessorLevel, CannotBeTakenTwice) {
  const auto levels = processor_levels();
  EXPECT_FALSE(take_processor_level("avx9"));
  EXPECT_TRUE(take_processor_level(levels[processor_level()]));
  for (size_t i = 0; i < levels.size(); ++i)
    EXPECT_EQ(take_processor_level(levels[i]), i == processor_level());
}

}  // namespace
}  // namespace orpheus
