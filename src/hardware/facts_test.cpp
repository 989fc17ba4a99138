#include "hardware/facts.h"

#include <fstream>

#include <gtest/gtest.h>

#include "base/testing/test_folder.h"

namespace orpheus::hardware {
namespace {

namespace fs = std::filesystem;

class Recorded : public testing::Test {
 protected:
  void write(const fs::path& path, const std::string& text) const {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  void write_cache(int index, const char* level, const char* type, const char* size) const {
    const fs::path folder =
        fs::path("sys/devices/system/cpu/cpu0/cache") / ("index" + std::to_string(index));
    write(folder / "level", std::string(level) + "\n");
    write(folder / "type", std::string(type) + "\n");
    write(folder / "size", std::string(size) + "\n");
  }
  const TestFolder folder_;
  const fs::path root_ = folder_.path();
};

TEST_F(Recorded, AProcessorOfX86) {
  write(
      "proc/cpuinfo",
      "processor\t: 0\nmodel name\t: AMD EPYC 7B13\nflags\t\t: fpu sse2 avx f16c fma avx2 sha_ni\n"
      "\nprocessor\t: 1\nmodel name\t: another\nflags\t\t: avx512f\n");
  write_cache(0, "1", "Data", "32K");
  write_cache(1, "1", "Instruction", "64K");
  write_cache(2, "2", "Unified", "512K");
  write_cache(3, "3", "Unified", "32M");
  const Cpu cpu = read_cpu(root_);
  EXPECT_EQ(cpu.name, "AMD EPYC 7B13");
  EXPECT_EQ(cpu.vectors, (std::vector<std::string>{"avx", "f16c", "fma", "avx2"}));
  EXPECT_EQ(cpu.l1_bytes, 32U << 10U);
  EXPECT_EQ(cpu.l2_bytes, 512U << 10U);
  EXPECT_EQ(cpu.l3_bytes, 32U << 20U);
}

TEST_F(Recorded, AProcessorOfArmAndNone) {
  EXPECT_TRUE(read_cpu(root_).name.empty());
  write("proc/cpuinfo",
        "processor\t: 0\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd asimddp sve i8mm\n:\nodd\n: x\n");
  const Cpu cpu = read_cpu(root_);
  EXPECT_TRUE(cpu.name.empty());
  EXPECT_EQ(cpu.vectors, (std::vector<std::string>{"asimd", "asimddp", "sve", "i8mm"}));
  EXPECT_EQ(cpu.l3_bytes, 0U);
}

TEST(Facts, OfThisMachineAreSane) {
  const Facts facts = find_facts();
  ASSERT_FALSE(facts.devices.empty());
  EXPECT_GE(facts.cpu.num_usable_cores, 1);
  EXPECT_LE(facts.cpu.num_usable_cores, facts.cpu.num_machine_cores);
  EXPECT_GT(facts.memory.available_bytes, 0U);
  EXPECT_GT(facts.memory.total_bytes, 0U);
}

}  // namespace
}  // namespace orpheus::hardware
