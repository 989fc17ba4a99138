#include "base/mapped_file.h"

#include <chrono>
#include <csignal>
#include <fstream>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "base/testing/test_folder.h"

namespace orpheus {
namespace {

constexpr size_t kBytes = 1 << 20;

class Mapped : public testing::Test {
 protected:
  Mapped() { write(std::string(kBytes, 'a')); }
  void write(const std::string& text, std::ios::openmode mode = std::ios::out) const {
    std::ofstream(path_, mode | std::ios::binary) << text;
  }
  // The sum of all bytes: each page is read.
  static uint64_t sum(const MappedFile& file) {
    uint64_t sum = 0;
    for (const std::byte byte : file.bytes()) sum += std::to_integer<uint64_t>(byte);
    return sum;
  }

  const TestFolder folder_;
  const std::filesystem::path path_ = folder_.path() / "weights";
};

TEST_F(Mapped, AFileThatStaysIsGood) {
  auto file = MappedFile::open(path_, OnLoss::kZeros);
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(sum(*file), kBytes * 'a');
  EXPECT_TRUE(file->check().has_value());
  const MappedFile moved = std::move(*file);
  EXPECT_TRUE(moved.check().has_value());
  // The file is replaced by renaming, so the mapping still shows the old content.
  const auto other = folder_.path() / "other";
  std::ofstream(other) << "b";
  std::filesystem::rename(other, path_);
  EXPECT_EQ(sum(moved), kBytes * 'a');
  EXPECT_TRUE(moved.check().has_value());
  std::filesystem::remove(path_);
  EXPECT_TRUE(moved.check().has_value());
}

// Guards against: the model computes with weights that were overwritten after it was loaded.
TEST_F(Mapped, AFileThatIsWrittenToIsTold) {
  const auto file = MappedFile::open(path_, OnLoss::kZeros);
  ASSERT_TRUE(file.has_value());
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // a time of change is a tick's
  std::fstream(path_, std::ios::in | std::ios::out | std::ios::binary) << "b";
  const auto checked = file->check();
  ASSERT_FALSE(checked.has_value());
  EXPECT_EQ(checked.error().kind, ErrorKind::kBadFile);
  EXPECT_NE(checked.error().message().find("changed while it was in use"), std::string::npos);
  EXPECT_NE(checked.error().message().find("renaming"), std::string::npos);
}

// Guards against: a touched but unchanged file makes requests fail until a reload.
TEST_F(Mapped, AFileThatIsTouchedIsStillGood) {
  const auto file = MappedFile::open(path_, OnLoss::kZeros);
  ASSERT_TRUE(file.has_value());
  const auto later = std::filesystem::last_write_time(path_) + std::chrono::hours(1);
  std::filesystem::last_write_time(path_, later);
  EXPECT_TRUE(file->check().has_value());
  EXPECT_TRUE(file->check().has_value());
  // Another file of the same size in the same place, in its middle or at its end, is none.
  for (const size_t place : {kBytes / 2, kBytes - 8192}) {
    const auto again = MappedFile::open(path_, OnLoss::kZeros);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    std::fstream out(path_, std::ios::in | std::ios::out | std::ios::binary);
    out.seekp(static_cast<std::streamoff>(place));
    out << std::string(8192, 'b');
    out.close();
    EXPECT_FALSE(again->check().has_value()) << place;
    EXPECT_FALSE(again->check().has_value()) << "it is told again";
    std::filesystem::last_write_time(path_, later);
    EXPECT_FALSE(again->check().has_value()) << "nor by an old time of change";
  }
}

// Guards against: the server ends with SIGBUS when a mapped file is truncated. The test runs in a
// child process, because it changes signal handlers.
TEST_F(Mapped, AFileThatIsCutGivesZerosAndIsTold) {
  EXPECT_EXIT(
      {
        survive_lost_bytes();
        const auto file = MappedFile::open(path_, OnLoss::kZeros);
        const auto before = sum(*file);
        std::filesystem::resize_file(path_, kBytes / 4);
        std::thread other([&] { (void)sum(*file); });  // as a library's thread would
        const auto after = sum(*file);
        other.join();
        const bool good = before == kBytes * 'a' && after == kBytes / 4 * 'a' && !file->check();
        // check() still fails when the file has its old size again.
        std::filesystem::resize_file(path_, kBytes);
        std::exit(good && !file->check() ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

TEST_F(Mapped, OthersAreEndedByAnotherFaultAsEver) {
  const auto read_what_is_gone = [&] {
    std::signal(SIGBUS, SIG_DFL);  // a sanitizer has a handler of its own there
    survive_lost_bytes();
    const auto file = MappedFile::open(path_);
    std::filesystem::resize_file(path_, 0);
    std::exit(sum(*file) == 0 ? 0 : 1);
  };
  EXPECT_EXIT(read_what_is_gone(), testing::KilledBySignal(SIGBUS), "");
  EXPECT_EXIT(
      {
        std::signal(SIGBUS, SIG_DFL);
        survive_lost_bytes();
        std::raise(SIGBUS);
        std::exit(0);
      },
      testing::KilledBySignal(SIGBUS), "");
}

}  // namespace
}  // namespace orpheus
