#include "tensor/control_groups.h"

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

class Groups : public testing::Test {
 protected:
  void write(const fs::path& path, const std::string& text) const {
    fs::create_directories((folder_ / path).parent_path());
    std::ofstream(folder_ / path) << text << "\n";
  }
  std::optional<int> cores() const {
    return cores_of_control_groups(folder_ / "self", folder_ / "fs");
  }
  std::optional<MemoryLimit> limit() const {
    return memory_limit_of_control_groups(folder_ / "self", folder_ / "fs");
  }
  const TestFolder own_;
  const fs::path folder_ = own_.path();
};

TEST_F(Groups, TheTightestQuotaCounts) {
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
  write("fs/cpu/cpu.cfs_quota_us", "-1");
  write("fs/cpu/cpu.cfs_period_us", "100000");
  write("fs/cpu/inner/cpu.cfs_quota_us", "150000");
  write("fs/cpu/inner/cpu.cfs_period_us", "100000");
  write("self", "4:cpuset:/elsewhere\n3:cpu,cpuacct:/inner\n0::/");
  EXPECT_EQ(cores(), 1);
  write("self", "3:cpuacct:/inner\n1:cpu:/");
  EXPECT_EQ(cores(), 2);
}

TEST_F(Groups, TheTightestOfVersion2CountsWithoutPagesOfFiles) {
  EXPECT_FALSE(limit().has_value());
  write("self", "0::/outer/inner");
  write("fs/outer/inner/memory.max", "max");
  write("fs/outer/inner/memory.current", "700");
  EXPECT_FALSE(limit().has_value());
  write("fs/outer/memory.max", "1000");
  write("fs/outer/memory.current", "900");
  EXPECT_EQ(limit()->free_bytes(), 100U);
  write("fs/outer/memory.stat", "anon 500\ninactive_file 300\nactive_file 100");
  EXPECT_EQ(limit()->free_bytes(), 400U);
  write("fs/memory.max", "1200");
  write("fs/memory.current", "1300");
  EXPECT_EQ(limit()->free_bytes(), 0U);
  EXPECT_EQ(limit()->limit_bytes, 1200U);
}

TEST_F(Groups, Version1SaysNoneAsALargeNumber) {
  write("self", "9:name=systemd:/\n4:cpu,memory:/a\n0::/");
  write("fs/memory/memory.limit_in_bytes", "9223372036854771712");
  write("fs/memory/memory.usage_in_bytes", "5");
  EXPECT_FALSE(limit().has_value());
  write("fs/memory/a/memory.limit_in_bytes", "4000");
  write("fs/memory/a/memory.usage_in_bytes", "3000");
  write("fs/memory/a/memory.stat", "inactive_file 9\ntotal_inactive_file 500");
  EXPECT_EQ(limit()->free_bytes(), 1500U);
  write("self", "4:memory:/../a");
  EXPECT_FALSE(limit().has_value());
}

}  // namespace
}  // namespace orpheus::tensor
