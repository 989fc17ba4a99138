#include "snac/window_batch.h"

#include <algorithm>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace orpheus::snac {
namespace {

std::vector<size_t> chosen(const std::vector<WaitingWindow>& waiting,
                           Company company = Company::kShared) {
  const Batch batch = next_batch(waiting, company);
  return {batch.chosen().begin(), batch.chosen().end()};
}

// Guards against: a client that is about to run dry waits for a window of a client with more sound.
TEST(WindowBatch, TheWindowOfTheClientThatRunsDryFirstIsFirst) {
  EXPECT_TRUE(chosen({}).empty());
  EXPECT_EQ(chosen({{37, 9.0}, {6, 5.0}, {37, 4.0}}), (std::vector<size_t>{2, 0}));
  EXPECT_EQ(chosen({{37, 9.0}, {6, 3.0}, {37, 4.0}, {6, 1.0}}), (std::vector<size_t>{3, 1}));
  EXPECT_EQ(chosen({{6, 1.0}, {6, 1.0}, {6, 1.0}}), (std::vector<size_t>{0, 1, 2}));
}

// Guards against: with --reproducible, the other streams change the last bits of a stream.
TEST(WindowBatch, AStreamThatShallBeAloneIsAlone) {
  EXPECT_EQ(chosen({{6, 3.0}, {6, 1.0}, {6, 2.0}}, Company::kAlone), (std::vector<size_t>{1}));
}

// Guards against: a graph beyond the planned memory, a window twice or of another length, a window
// left out for a less urgent one.
TEST(WindowBatch, HasTheMostUrgentWindowsOfOneLength) {
  std::mt19937 random(3);
  constexpr std::array kLengths = {1, 6, 7, 9, 13, 21, 37, 200};
  for (int round = 0; round < 2000; ++round) {
    std::vector<WaitingWindow> waiting(1 + random() % 60);
    for (WaitingWindow& window : waiting)
      window = {kLengths.at(random() % 3 + random() % 6), static_cast<double>(random() % 20)};
    const std::vector<size_t> batch = chosen(waiting);
    ASSERT_FALSE(batch.empty());
    const WaitingWindow& first = waiting[batch.front()];
    EXPECT_EQ(std::set<size_t>(batch.begin(), batch.end()).size(), batch.size());
    const auto num_windows = static_cast<int>(batch.size());
    const int num_streams = streams_of_graph(num_windows, first.num_frames);
    EXPECT_GE(num_streams, num_windows);
    EXPECT_LE(num_streams * 2, num_windows * 3);
    EXPECT_TRUE(num_streams == 1 || num_streams * first.num_frames <= kMaxFramesOfGraph);
    for (size_t i = 0; i < waiting.size(); ++i) {
      EXPECT_GE(waiting[i].due_s, first.due_s);
      const bool is_in = std::find(batch.begin(), batch.end(), i) != batch.end();
      if (is_in) {
        EXPECT_EQ(waiting[i].num_frames, first.num_frames);
      } else if (waiting[i].num_frames == first.num_frames) {
        EXPECT_EQ(num_windows, max_streams(first.num_frames));
        EXPECT_GE(waiting[i].due_s, waiting[batch.back()].due_s);
      }
    }
    EXPECT_TRUE(std::is_sorted(batch.begin(), batch.end(), [&](size_t left, size_t right) {
      return waiting[left].due_s < waiting[right].due_s;
    }));
  }
}

}  // namespace
}  // namespace orpheus::snac
