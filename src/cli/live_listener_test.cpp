#include "cli/live_listener.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cli/live_feed.h"

namespace orpheus::cli {
namespace {

using std::chrono::milliseconds;

const std::vector<float> kSilence(2400, 0.001F);  // a tenth of a second
const std::vector<float> kSound(2400, 0.5F);

TEST(LiveListener, HearsTheFirstSampleThatIsNotSilence) {
  LiveListener listener;
  const LiveListener::Time begin{std::chrono::seconds(10)};
  listener.hear(kSilence, begin);
  EXPECT_FALSE(listener.first_audible());
  std::vector<float> half = kSilence;
  half.insert(half.end(), kSound.begin(), kSound.end());
  // It arrives early, and is heard behind what arrived before.
  listener.hear(half, begin + milliseconds(10));
  ASSERT_TRUE(listener.first_audible());
  EXPECT_EQ(*listener.first_audible() - begin, milliseconds(200));
  EXPECT_DOUBLE_EQ(listener.sound_s(), 0.3);
  EXPECT_EQ(listener.last_arrival() - begin, milliseconds(10));
}

TEST(LiveListener, TellsGapsBetweenPiecesFromThoseWithin) {
  LiveListener listener;
  const LiveListener::Time begin{std::chrono::seconds(10)};
  listener.begin_piece();
  listener.hear(kSound, begin);
  listener.hear(kSound, begin + milliseconds(100));  // just in time
  listener.begin_piece();
  listener.hear(kSound, begin + milliseconds(250));  // 50 ms late
  listener.hear(kSound, begin + milliseconds(380));  // 30 ms late
  EXPECT_EQ(listener.between_pieces().count, 1);
  EXPECT_NEAR(listener.between_pieces().longest_s, 0.05, 1e-9);
  EXPECT_EQ(listener.within_pieces().count, 1);
  EXPECT_NEAR(listener.within_pieces().longest_s, 0.03, 1e-9);
}

// Guards against: a feed loses words, or a burst knows words that have not come yet.
TEST(LiveFeed, GivesEveryWordAndNoneEarly) {
  const std::string text = "One two  three,\nfour. Five six seven eight nine ten eleven twelve.";
  const auto evenly = feed_evenly(text, 10);
  ASSERT_EQ(evenly.size(), 12U);
  EXPECT_EQ(evenly[3].at, milliseconds(300));
  for (const auto& parts : {evenly, feed_in_bursts(text, 10)}) {
    std::string joined;
    for (const TimedPart& part : parts) {
      joined += part.text;
      size_t num_words = 0;
      for (const TimedPart& word : evenly) {
        if (word.at <= part.at) num_words = static_cast<size_t>(&word - evenly.data()) + 1;
      }
      EXPECT_LE(joined.size(),
                text.find(evenly[num_words - 1].text) + evenly[num_words - 1].text.size());
    }
    EXPECT_EQ(joined, text);
  }
  EXPECT_TRUE(feed_evenly(" \n", 30).empty());
}

}  // namespace
}  // namespace orpheus::cli
