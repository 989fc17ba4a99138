#include "base/nearest_name.h"

#include <string>

#include <gtest/gtest.h>

namespace orpheus {
namespace {

const std::vector<std::string_view> kNames = {"port", "host", "max_tokens", "max_input"};

TEST(NearestName, IsTheOneThatWasMeant) {
  EXPECT_EQ(nearest_name("prot", kNames), "port");
  EXPECT_EQ(nearest_name("hosts", kNames), "host");
  EXPECT_EQ(nearest_name("maxtokens", kNames), "max_tokens");
  EXPECT_EQ(nearest_name("max_imput", kNames), "max_input");
  EXPECT_EQ(nearest_name("max_tokens", kNames), "max_tokens");
}

TEST(NearestName, IsNothingWhereNothingIsNear) {
  for (const std::string& name : {std::string(), std::string("x"), std::string("colour"),
                                  std::string("max"), std::string(100'000, 'a')})
    EXPECT_EQ(nearest_name(name, kNames), "") << name.substr(0, 64);
  EXPECT_EQ(nearest_name("port", {}), "");
}

}  // namespace
}  // namespace orpheus
