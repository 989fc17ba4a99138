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

// Guards against: a file that was cut or edited is the token, so that it can be guessed.
TEST_F(UserToken, IsThatOfTheFileOnlyIfTheFileIsOneOfOurs) {
  ASSERT_TRUE(user_token(folder_).has_value());  // the file is this user's alone
  const std::string good = "0123456789abcdef0123456789abcdef";
  std::ofstream(path()) << good << "\n";
  EXPECT_EQ(*user_token(folder_), good);
  for (const std::string& wrong :
       {std::string(), std::string("short\n"), good, good.substr(1) + "\n", good + "0\n",
        good.substr(1) + "g\n", good.substr(1) + "A\n", good.substr(1) + "/\n",
        good.substr(1) + ":\n", "`" + good.substr(1) + "\n"}) {
    std::ofstream(path()) << wrong;
    const std::string token = *user_token(folder_);
    EXPECT_NE(token.substr(0, 4), wrong.substr(0, 4)) << wrong;
    EXPECT_EQ(token.size(), 32U);
    EXPECT_EQ(token.find_first_not_of("0123456789abcdef"), std::string::npos) << token;
  }
}

}  // namespace
}  // namespace orpheus::config
