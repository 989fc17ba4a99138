#include "http/outputs.h"

#include <chrono>
#include <ctime>
#include <fstream>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/testing/test_folder.h"

namespace orpheus::http {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class OutputsTest : public testing::Test {
 protected:
  // A kept file of so many bytes, which take no room on the disk; written so long ago.
  std::string keep(uintmax_t num_bytes, std::chrono::seconds ago) const {
    return put(Outputs::fresh_name(), num_bytes, ago);
  }
  std::string put(const std::string& name, uintmax_t num_bytes, std::chrono::seconds ago) const {
    std::ofstream(folder_ / name) << "";
    fs::resize_file(folder_ / name, num_bytes);
    fs::last_write_time(folder_ / name, fs::file_time_type::clock::now() - ago);
    return name;
  }
  bool is_there(const std::string& name) const {
    return fs::symlink_status(folder_ / name).type() != fs::file_type::not_found;
  }

  const TestFolder temporary_;
  const fs::path folder_ = temporary_.path();
};

// Guards against: pruning removes the newest files instead of the oldest.
TEST_F(OutputsTest, BeyondAHundredTheOldestGo) {
  std::vector<std::string> names;
  for (int i = 0; i < 103; ++i) names.push_back(keep(1, std::chrono::minutes(i)));
  Outputs(folder_).prune();
  for (size_t i = 0; i < names.size(); ++i) EXPECT_EQ(is_there(names[i]), i < 100) << i;
}

TEST_F(OutputsTest, BeyondAGibibyteTheOldestGo) {
  constexpr uintmax_t kQuarter = uintmax_t{1} << 28U;
  std::vector<std::string> names;
  for (int i = 0; i < 6; ++i) names.push_back(keep(kQuarter, std::chrono::minutes(i)));
  Outputs(folder_).prune();
  for (size_t i = 0; i < names.size(); ++i) EXPECT_EQ(is_there(names[i]), i < 4) << i;
}

TEST_F(OutputsTest, WhatIsOlderThanADayGoesAndIsNotServedBefore) {
  const std::string young = keep(1, 23h);
  const std::string old = keep(1, 25h);
  const Outputs outputs(folder_);
  EXPECT_TRUE(outputs.open(young).has_value());
  EXPECT_FALSE(outputs.open(old).has_value());
  outputs.prune();
  EXPECT_TRUE(is_there(young));
  EXPECT_FALSE(is_there(old));
}

TEST_F(OutputsTest, UnfinishedFilesCountAndGoWhenNobodyWritesThem) {
  constexpr uintmax_t kHalf = uintmax_t{1} << 29U;
  const std::string written = put(".orpheus-1-7.part", kHalf, 0s);  // process 1 lives
  const std::string newest = keep(kHalf, 1min);
  const std::string oldest = keep(kHalf, 2min);
  const Outputs outputs(folder_);
  outputs.prune();
  EXPECT_TRUE(is_there(newest));
  EXPECT_FALSE(is_there(oldest));
  const std::string of_before = put(".orpheus-" + std::to_string(::getpid()) + "-0.part", 1, 0s);
  const std::string of_the_dead = put(".orpheus-2147483600-0.part", 1, 0s);
  const std::string forgotten = put(".orpheus-1-8.part", 1, 25h);
  outputs.prune();
  EXPECT_TRUE(is_there(of_before));
  EXPECT_FALSE(is_there(forgotten));
  outputs.clean_up();
  EXPECT_FALSE(is_there(of_before));
  EXPECT_FALSE(is_there(of_the_dead));
  EXPECT_TRUE(is_there(written));
}

TEST_F(OutputsTest, OthersCannotReadWhatIsKept) {
  const Outputs outputs(folder_ / "made" / "here");
  const std::string name = Outputs::fresh_name();
  auto file = outputs.create(name);
  ASSERT_TRUE(file.has_value()) << file.error().message();
  ASSERT_TRUE(file->write("RIFF").has_value());
  ASSERT_TRUE(file->commit().has_value());
  const auto rights = [](const fs::path& path) {
    return static_cast<int>(fs::status(path).permissions());
  };
  EXPECT_EQ(rights(folder_ / "made" / "here"), 0700);
  EXPECT_EQ(rights(folder_ / "made" / "here" / name), 0600);
  const auto kept = outputs.open(name);
  ASSERT_TRUE(kept.has_value());
  EXPECT_EQ(kept->num_bytes, 4U);
}

// Guards against: a FIFO blocks the route or the shutdown, or a link leads elsewhere.
TEST_F(OutputsTest, NothingButAFileIsOpenedCountedOrRemoved) {
  const std::string pipe = Outputs::fresh_name();
  const std::string link = Outputs::fresh_name();
  const std::string folder = Outputs::fresh_name();
  ASSERT_EQ(::mkfifo((folder_ / pipe).c_str(), 0600), 0);
  std::ofstream(folder_ / "elsewhere") << "secret";
  fs::create_symlink(folder_ / "elsewhere", folder_ / link);
  fs::create_directory(folder_ / folder);
  const Outputs outputs(folder_);
  for (const std::string& name : {pipe, link, folder, std::string("elsewhere"), std::string()}) {
    EXPECT_FALSE(outputs.open(name).has_value()) << name;
  }
  outputs.prune();
  outputs.clean_up();
  for (const std::string& name : {pipe, link, folder}) EXPECT_TRUE(is_there(name));
}

}  // namespace
}  // namespace orpheus::http
