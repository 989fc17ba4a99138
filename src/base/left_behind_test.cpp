#include "base/left_behind.h"

#include <stdexcept>

#include <gtest/gtest.h>

namespace orpheus {
namespace {

TEST(LeftBehind, GivesWhatTheWorkReturnsOrThrows) {
  EXPECT_EQ(result_unless<int>([] { return false; }, [] { return 7; }), 7);
  EXPECT_THROW(result_unless<int>([] { return false; },
                                  []() -> int { throw std::runtime_error("no memory"); }),
               std::runtime_error);
}

// Guards against: the server cannot stop while it loads a voice.
TEST(LeftBehind, IsNotWaitedForOnceTheCallerGivesUp) {
  std::promise<void> go_on;
  auto ended = std::make_shared<std::promise<void>>();
  const std::function<int()> work = [open = go_on.get_future().share(), ended] {
    open.wait();
    ended->set_value();
    return 7;
  };
  EXPECT_EQ(result_unless<int>([] { return true; }, work), std::nullopt);
  go_on.set_value();
  ended->get_future().wait();
}

}  // namespace
}  // namespace orpheus
