#include "config/user_token.h"

#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/testing/test_folder.h"

namespace orpheus::config {
namespace {

namespace fs = std::filesystem;

class UserToken : public testing::Test {
 protected:
  fs::path path() const { return user_token_path(folder_); }

  const TestFolder temporary_;
  const fs::path folder_ = temporary_.path();
};

TEST_F(UserToken, IsMadeOnceAndForThisUserAlone) {
  const auto token = user_token(folder_ / "data");
  ASSERT_TRUE(token.has_value()) << token.error().message();
  EXPECT_EQ(token->size(), 32U);
  EXPECT_EQ(fs::status(user_token_path(folder_ / "data")).permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(*user_token(folder_ / "data"), *token);  // a page may keep it
}

// Guards against: another user has read or chosen the token, or redirected its path.
TEST_F(UserToken, IsAnotherWhereOthersMayKnowIt) {
  const std::string first = *user_token(folder_);
  ASSERT_EQ(::chmod(path().c_str(), 0644), 0);
  const std::string second = *user_token(folder_);
  EXPECT_NE(second, first);
  EXPECT_EQ(*user_token(folder_), second);

  std::ofstream(path()) << "short\n";
  EXPECT_EQ(user_token(folder_)->size(), 32U);

  std::ofstream(folder_ / "elsewhere") << std::string(32, 'a') << "\n";
  ASSERT_EQ(::chmod((folder_ / "elsewhere").c_str(), 0600), 0);
  fs::remove(path());
  fs::create_symlink(folder_ / "elsewhere", path());
  EXPECT_NE(*user_token(folder_), std::string(32, 'a'));
  EXPECT_FALSE(fs::is_symlink(fs::symlink_status(path())));

  fs::remove(path());
  ASSERT_EQ(::mkfifo(path().c_str(), 0600), 0);
  EXPECT_FALSE(user_token(folder_).has_value());  // and no waiting for a writer
}

}  // namespace
}  // namespace orpheus::config
