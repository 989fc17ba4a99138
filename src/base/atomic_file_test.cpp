#include "base/atomic_file.h"

#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/testing/test_folder.h"

namespace orpheus {
namespace {

namespace fs = std::filesystem;

class AtomicFileTest : public testing::Test {
 protected:
  size_t num_files() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  const TestFolder own_;
  const fs::path folder_ = own_.path();
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
  EXPECT_EQ(content_of(folder_ / "a.txt"), "good world!");
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
  EXPECT_EQ(content_of(folder_ / "a.txt"), "old");
}

TEST_F(AtomicFileTest, UnfinishedFilesCanBeRemovedFromASignalHandler) {
  auto file = AtomicFile::create(folder_ / "a.txt");
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(num_files(), 1U);
  remove_unfinished_files();
  EXPECT_EQ(num_files(), 0U);
}

// A container that starts again finds such files, and its process has the same id as before.
TEST_F(AtomicFileTest, WhatAKilledProcessLeftIsInNobodysWay) {
  auto first = AtomicFile::create(folder_ / "a.txt");
  ASSERT_TRUE(first.has_value());
  const std::string name = fs::directory_iterator(folder_)->path().filename().string();
  const size_t number_at = name.rfind('-') + 1;
  const unsigned long number = std::stoul(name.substr(number_at));
  for (unsigned long left = number + 1; left < number + 20; ++left)
    std::ofstream(folder_ / (name.substr(0, number_at) + std::to_string(left) + ".part")) << "left";
  auto second = AtomicFile::create(folder_ / "b.txt");
  ASSERT_TRUE(second.has_value()) << second.error().message();
  ASSERT_TRUE(second->write("b").has_value());
  ASSERT_TRUE(second->commit().has_value());
  EXPECT_EQ(content_of(folder_ / "b.txt"), "b");
}

TEST_F(AtomicFileTest, ALinkStaysALink) {
  std::ofstream(folder_ / "target.txt") << "old";
  fs::create_symlink("target.txt", folder_ / "link.txt");
  auto file = AtomicFile::create(folder_ / "link.txt");
  ASSERT_TRUE(file->write("new").has_value());
  ASSERT_TRUE(file->commit().has_value());
  EXPECT_TRUE(fs::is_symlink(folder_ / "link.txt"));
  EXPECT_EQ(content_of(folder_ / "target.txt"), "new");
}

TEST_F(AtomicFileTest, APipeIsNotReplacedByAFile) {
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  const auto file = AtomicFile::create(folder_ / "pipe");
  ASSERT_FALSE(file.has_value());
  EXPECT_EQ(file.error().kind, ErrorKind::kUsage);
  EXPECT_TRUE(fs::is_fifo(folder_ / "pipe"));
}

TEST_F(AtomicFileTest, TakesTheLongestNameThereIs) {
  const std::string name(255, 'n');
  auto file = AtomicFile::create(folder_ / name);
  ASSERT_TRUE(file.has_value()) << file.error().message();
  EXPECT_TRUE(file->commit().has_value());
  EXPECT_TRUE(fs::exists(folder_ / name));
}

TEST_F(AtomicFileTest, ManyThreadsWriteManyFiles) {
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([&, i] {
      for (int round = 0; round < 50; ++round) {
        auto file = AtomicFile::create(folder_ / (std::to_string(i) + ".txt"));
        ASSERT_TRUE(file.has_value());
        ASSERT_TRUE(file->write(std::to_string(round)).has_value());
        if (round % 2 == 1) {
          ASSERT_TRUE(file->commit().has_value());
        }
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(num_files(), writers.size());
  EXPECT_EQ(content_of(folder_ / "3.txt"), "49");
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
