#include "base/own_files.h"

#include <gtest/gtest.h>

namespace orpheus {
namespace {

// Guards against a file that does not hold this code: what lies beside it would be loaded.
TEST(OwnFiles, AreTheRunningProgramInEveryFolder) {
  const auto files = files_with_this_code();
  ASSERT_EQ(files.size(), 1U);  // the code is linked into the program
  EXPECT_TRUE(files[0].is_absolute());
  EXPECT_EQ(files[0].filename(), "test_base");
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path("/");
  EXPECT_EQ(files_with_this_code(), files);
  std::filesystem::current_path(before);
}

}  // namespace
}  // namespace orpheus
