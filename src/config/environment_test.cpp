#include "config/environment.h"

#include <algorithm>
#include <cstdlib>

#include <gtest/gtest.h>

#include "base/user.h"

namespace orpheus::config {
namespace {

// Guards against: reading beyond the environment's end, or names without our prefix.
TEST(Environment, OwnNamesAreThoseOfTheProcessThatAreOurs) {
  ::setenv("ORPHEUS_OF_THIS_TEST", "a=b", 1);
  ::setenv("ORPHEUS_EMPTY_IN_THIS_TEST", "", 1);
  ::setenv("NOT_ORPHEUS_OF_THIS_TEST", "c", 1);
  const auto has = [](const std::vector<std::string>& names, const char* name) {
    return std::count(names.begin(), names.end(), name) == 1;
  };
  const auto own = own_names_of_process();
  EXPECT_TRUE(has(own, "ORPHEUS_OF_THIS_TEST") && has(own, "ORPHEUS_EMPTY_IN_THIS_TEST"));
  for (const std::string& name : own) EXPECT_EQ(name.rfind("ORPHEUS_", 0), 0U) << name;
  const auto empty = empty_names_of_process();
  EXPECT_TRUE(has(empty, "ORPHEUS_EMPTY_IN_THIS_TEST"));
  EXPECT_FALSE(has(empty, "ORPHEUS_OF_THIS_TEST"));
  const Environment environment = process_environment();
  EXPECT_EQ(environment("ORPHEUS_OF_THIS_TEST"), "a=b");
  EXPECT_EQ(environment("ORPHEUS_EMPTY_IN_THIS_TEST"), std::nullopt);
  EXPECT_EQ(environment("ORPHEUS_NOT_SET_BY_ANYBODY"), std::nullopt);
  for (const char* name :
       {"ORPHEUS_OF_THIS_TEST", "ORPHEUS_EMPTY_IN_THIS_TEST", "NOT_ORPHEUS_OF_THIS_TEST"})
    ::unsetenv(name);
}

// Guards against: without HOME, data goes to a folder that all users share.
TEST(Environment, WithoutHomeTheListOfUsersIsAsked) {
  const Environment environment = process_environment();
  const auto before = environment("HOME");
  ::setenv("HOME", "/somewhere", 1);
  EXPECT_EQ(environment("HOME"), "/somewhere");
  const auto listed = listed_home();
  for (const bool is_empty : {true, false}) {
    is_empty ? ::setenv("HOME", "", 1) : ::unsetenv("HOME");
    EXPECT_EQ(environment("HOME"), listed ? std::optional(listed->string()) : std::nullopt);
  }
  if (before) ::setenv("HOME", before->c_str(), 1);
}

TEST(Environment, TheFirstLayerWins) {
  const Environment first = [](const char* name) -> std::optional<std::string> {
    return std::string_view(name) == "A" ? std::optional<std::string>("1") : std::nullopt;
  };
  const Environment second = [](const char* name) -> std::optional<std::string> {
    return std::string_view(name) == "C" ? std::nullopt : std::optional<std::string>("2");
  };
  const Environment both = layered(first, second);
  EXPECT_EQ(both("A"), "1");
  EXPECT_EQ(both("B"), "2");
  EXPECT_EQ(both("C"), std::nullopt);
}

}  // namespace
}  // namespace orpheus::config
