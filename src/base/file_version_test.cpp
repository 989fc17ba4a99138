#include "base/file_version.h"

#include <fstream>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace orpheus {
namespace {

namespace fs = std::filesystem;

// Guards against a changed file that counts as unchanged: the new text has the same size, and it is
// written within the same second.
TEST(VersionOfFile, DiffersForTwoWritesWithinOneSecond) {
  const fs::path file = fs::path(testing::TempDir()) / "file_version_test";
  std::ofstream(file) << "one";
  const auto written_at = [&](long nanoseconds) {
    const timespec time{.tv_sec = 1'700'000'000, .tv_nsec = nanoseconds};
    const timespec times[2] = {time, time};
    EXPECT_EQ(::utimensat(AT_FDCWD, file.c_str(), times, 0), 0);
    return version_of_file(file);
  };
  const auto first = written_at(1'000);
  ASSERT_TRUE(first.has_value());
  EXPECT_NE(written_at(2'000'000), first);
  EXPECT_EQ(written_at(1'000), first);
  fs::remove(file);
  EXPECT_FALSE(version_of_file(file).has_value());
}

}  // namespace
}  // namespace orpheus
