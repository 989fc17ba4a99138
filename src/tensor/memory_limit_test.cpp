#include "tensor/memory_limit.h"

#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "base/testing/test_folder.h"

namespace orpheus::tensor {
namespace {

namespace fs = std::filesystem;

class Groups : public testing::Test {
 protected:
  void write(const fs::path& path, const std::string& text) const {
    fs::create_directories((folder_ / path).parent_path());
    std::ofstream(folder_ / path) << text << "\n";
  }
  std::optional<MemoryLimit> limit() const {
    return memory_limit_of_control_groups(folder_ / "self", folder_ / "fs");
  }
  const TestFolder own_;
  const fs::path folder_ = own_.path();
};

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
