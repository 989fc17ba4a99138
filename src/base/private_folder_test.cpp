#include "base/private_folder.h"

#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/testing/test_folder.h"

namespace orpheus {
namespace {

mode_t rights_of(const std::filesystem::path& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0);
  return status.st_mode & 0777U;
}

TEST(PrivateFolder, IsMadeForItsOwnerAloneAndTakenAgain) {
  const TestFolder folder;
  const auto path = folder.path() / "own";
  ASSERT_TRUE(make_private_folder(path).has_value());
  EXPECT_EQ(rights_of(path), 0700U);
  ASSERT_EQ(::chmod(path.c_str(), 0755), 0);
  ASSERT_TRUE(make_private_folder(path).has_value());
  EXPECT_EQ(rights_of(path), 0700U);
}

// Guards against: another user creates /tmp/orpheus first and so supplies models and settings.
TEST(PrivateFolder, WhatOthersMadeOrMayChangeIsRefused) {
  const TestFolder folder;
  const auto refused = [&](const char* name, const std::string& reason) {
    const auto made = make_private_folder(folder.path() / name);
    ASSERT_FALSE(made.has_value()) << name;
    EXPECT_EQ(made.error().kind, ErrorKind::kIo);
    EXPECT_NE(made.error().message().find(reason), std::string::npos) << made.error().message();
  };
  std::filesystem::create_directory(folder.path() / "open");
  ASSERT_EQ(::chmod((folder.path() / "open").c_str(), 0777), 0);
  refused("open", "other users may write");
  std::filesystem::create_directory(folder.path() / "target");
  std::filesystem::create_symlink("target", folder.path() / "link");
  refused("link", "a link");
  std::ofstream(folder.path() / "file") << "x";
  refused("file", "a file");
  refused("none/deep", "cannot be created");
  std::filesystem::create_directory(folder.path() / "stranger");
  if (::chown((folder.path() / "stranger").c_str(), 12345, 12345) == 0)  // root alone can
    refused("stranger", "12345");
}

}  // namespace
}  // namespace orpheus
