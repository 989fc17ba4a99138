#include "base/user.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace orpheus {
namespace {

TEST(User, ItsHomeIsAFolder) {
  const auto home = listed_home();
  if (!home) GTEST_SKIP() << "this user has no home";
  EXPECT_TRUE(home->is_absolute());
  EXPECT_TRUE(std::filesystem::is_directory(*home));
}

// Guards against: two users share a name below /tmp, and the first one's folder blocks the second.
TEST(User, SharedNamesDiffer) {
  EXPECT_EQ(name_with_user("orpheus"), "orpheus-" + std::to_string(::geteuid()));
}

}  // namespace
}  // namespace orpheus
