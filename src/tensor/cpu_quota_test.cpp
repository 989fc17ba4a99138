#include "tensor/cpu_quota.h"

#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "base/testing/test_folder.h"

namespace orpheus::tensor {
namespace {

namespace fs = std::filesystem;

TEST(CpuQuota, IsWorthWholeCores) {
  EXPECT_EQ(cores_of_quota("200000 100000"), 2);
  EXPECT_EQ(cores_of_quota("250000 100000"), 2);
  EXPECT_EQ(cores_of_quota("50000 100000"), 1);
  EXPECT_EQ(cores_of_quota("9223372036854775807 1"), INT32_MAX);
  for (const char* none : {"", "max 100000", "100000", "100000 ", "0 100000", "-1 100000",
                           "100000 0", "1 x", "99999999999999999999 1"})
    EXPECT_EQ(cores_of_quota(none), std::nullopt) << none;
}

TEST(CpuQuota, TheTightestGroupCounts) {
  const TestFolder own;
  const fs::path folder = own.path();
  fs::create_directories(folder / "fs" / "outer" / "inner");
  const auto write = [&](const fs::path& path, const std::string& text) {
    std::ofstream(folder / path) << text << "\n";
  };
  const auto cores = [&] { return cores_of_control_groups(folder / "self", folder / "fs"); };
  EXPECT_EQ(cores(), std::nullopt);  // nothing is there
  write("self", "4:memory:/elsewhere\n0::/outer/inner");
  EXPECT_EQ(cores(), std::nullopt);
  write("fs/outer/inner/cpu.max", "max 100000");
  EXPECT_EQ(cores(), std::nullopt);
  write("fs/outer/cpu.max", "300000 100000");
  EXPECT_EQ(cores(), 3);
  write("fs/outer/inner/cpu.max", "400000 100000");
  EXPECT_EQ(cores(), 3);
  write("fs/cpu.max", "200000 100000");
  EXPECT_EQ(cores(), 2);
  write("self", "0::/../../outer");
  EXPECT_EQ(cores(), 2);
  // Version 1, beside it or alone.
  fs::create_directories(folder / "fs" / "cpu" / "inner");
  write("fs/cpu/cpu.cfs_quota_us", "-1");
  write("fs/cpu/cpu.cfs_period_us", "100000");
  write("fs/cpu/inner/cpu.cfs_quota_us", "150000");
  write("fs/cpu/inner/cpu.cfs_period_us", "100000");
  write("self", "4:cpuset:/elsewhere\n3:cpu,cpuacct:/inner\n0::/");
  EXPECT_EQ(cores(), 1);
  write("self", "3:cpuacct:/inner\n1:cpu:/");
  EXPECT_EQ(cores(), 2);
  fs::remove_all(folder);
}

}  // namespace
}  // namespace orpheus::tensor
