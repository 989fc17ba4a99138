#include "lm/engine/open_speeches.h"

#include <gtest/gtest.h>

namespace orpheus::engine {
namespace {

// Guards against: a live text waits for its next part, a newcomer takes its place, and the text
// stutters when it goes on.
TEST(OpenSpeeches, ALiveTextThatWaitsIsAListener) {
  const auto live = std::make_shared<lm::Playback>();
  live->set_open(true);
  OpenSpeeches open;
  open.note(live, 1);
  open.note(live, 2);
  std::vector<Demanding> demanding;
  open.add_waiting(demanding);
  const Demand demand = demand_of(demanding);
  EXPECT_EQ(demand.num_listeners, 1);
  EXPECT_EQ(demand.num_near, 1);
  EXPECT_EQ(demand.num_units, 2);
  EXPECT_FALSE(demand.one_is_late);
}

// Guards against a speech that counts twice: as a sequence and as an open speech.
TEST(OpenSpeeches, ALiveTextWithASequenceCountsOnce) {
  const auto live = std::make_shared<lm::Playback>();
  live->set_open(true);
  OpenSpeeches open;
  open.note(live, 1);
  std::vector<Demanding> demanding = {{{.slack = 5}, live.get()}};
  open.add_waiting(demanding);
  EXPECT_EQ(demanding.size(), 1U);
}

// Guards against places that are kept for clients that have left, or that send no more text.
TEST(OpenSpeeches, ASpeechThatHasEndedOrIsCompleteIsForgotten) {
  OpenSpeeches open;
  auto left = std::make_shared<lm::Playback>();
  auto complete = std::make_shared<lm::Playback>();
  left->set_open(true);
  complete->set_open(true);
  open.note(left, 1);
  open.note(complete, 1);
  open.note(std::make_shared<lm::Playback>(), 1);  // the whole text is known
  open.note(nullptr, 1);
  left.reset();
  complete->set_open(false);
  std::vector<Demanding> demanding;
  open.add_waiting(demanding);
  EXPECT_TRUE(demanding.empty());
}

}  // namespace
}  // namespace orpheus::engine
