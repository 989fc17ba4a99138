#include "base/atomic_file.h"

#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

namespace orpheus {
namespace {

namespace fs = std::filesystem;

class AtomicFileTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) /
              ("atomic_file_" +
               std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  size_t num_files() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }
  std::string content(const fs::path& path) const {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  fs::path folder_;
};

TEST_F(AtomicFileTest, AppearsOnlyWithCommit) {
  auto file = AtomicFile::create(folder_ / "a.txt");
  ASSERT_TRUE(file.has_value());
  ASSERT_TRUE(file->write("____ world").has_value());
  const std::string_view head = "good";
  ASSERT_TRUE(file->write_at(0, std::as_bytes(std::span(head))).has_value());
  ASSERT_TRUE(file->write("!").has_value());
  EXPECT_FALSE(fs::exists(folder_ / "a.txt"));
  ASSERT_TRUE(file->commit().has_value());
  EXPECT_EQ(content(folder_ / "a.txt"), "good world!");
  EXPECT_EQ(num_files(), 1U);
}

TEST_F(AtomicFileTest, LeavesNothingWithoutCommit) {
  {
    auto file = AtomicFile::create(folder_ / "a.txt");
    ASSERT_TRUE(file.has_value());
    ASSERT_TRUE(file->write("half").has_value());
  }
  EXPECT_EQ(num_files(), 0U);
}

TEST_F(AtomicFileTest, KeepsTheOldFileUntilCommit) {
  std::ofstream(folder_ / "a.txt") << "old";
  {
    auto file = AtomicFile::create(folder_ / "a.txt");
    ASSERT_TRUE(file->write("new").has_value());
  }
  EXPECT_EQ(content(folder_ / "a.txt"), "old");
}

TEST_F(AtomicFileTest, UnfinishedFilesCanBeRemovedFromASignalHandler) {
  auto file = AtomicFile::create(folder_ / "a.txt");
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(num_files(), 1U);
  remove_unfinished_files();
  EXPECT_EQ(num_files(), 0U);
}

TEST_F(AtomicFileTest, NamesWhatCannotBeWritten) {
  const auto missing = AtomicFile::create(folder_ / "no" / "a.txt");
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().kind, ErrorKind::kNotFound);
  const auto folder = AtomicFile::create(folder_);
  ASSERT_FALSE(folder.has_value());
  EXPECT_EQ(folder.error().kind, ErrorKind::kUsage);
}

}  // namespace
}  // namespace orpheus
