#include "base/regular_file.h"

#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/mapped_file.h"
#include "base/testing/test_folder.h"

namespace orpheus {
namespace {

// Guards against: the program waits forever for a writer of a FIFO. The test would then hang.
TEST(RegularFile, AFifoIsRefusedAtOnce) {
  const TestFolder folder;
  const auto path = folder.path() / "fifo";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const auto refused = [](const auto& opened) {
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().kind, ErrorKind::kBadFile);
    EXPECT_NE(opened.error().message().find("a pipe"), std::string::npos)
        << opened.error().message();
  };
  refused(open_regular_file(path));
  refused(open_input(path));
  refused(MappedFile::open(path));
}

TEST(RegularFile, FoldersAndMissingFilesAreTold) {
  const TestFolder folder;
  EXPECT_EQ(open_regular_file(folder.path()).error().kind, ErrorKind::kBadFile);
  EXPECT_EQ(open_input(folder.path()).error().kind, ErrorKind::kBadFile);
  EXPECT_EQ(open_regular_file("/dev/null").error().kind, ErrorKind::kBadFile);
  EXPECT_TRUE(open_input("/dev/null").has_value());
  EXPECT_EQ(open_input(folder.path() / "none").error().kind, ErrorKind::kNotFound);
}

TEST(RegularFile, APipeThatIsOpenAlreadyIsAnInput) {
  int ends[2] = {};
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::write(ends[1], "hello", 5), 5);
  ::close(ends[1]);
  const std::filesystem::path path = "/dev/fd/" + std::to_string(ends[0]);
  const auto file = open_input(path);
  ASSERT_TRUE(file.has_value()) << file.error().message();
  EXPECT_EQ(read_all(file->get(), 100, path), "hello");
  ::close(ends[0]);
}

TEST(RegularFile, ALongFileGivesOneByteMoreThanTheMost) {
  const TestFolder folder;
  const auto path = folder.path() / "long";
  std::ofstream(path) << std::string(100'000, 'a');
  const auto file = open_regular_file(path);
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(read_all(file->get(), 70'000, path)->size(), 70'001U);
}

}  // namespace
}  // namespace orpheus
