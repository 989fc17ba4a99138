#include "speech/joiner.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "speech/synthesiser.h"

namespace orpheus::speech {
namespace {

using Samples = std::vector<float>;

size_t ms(int count) { return static_cast<size_t>(count) * kSampleRateHz / 1000; }

Samples silence(int count_ms) {
  Samples samples(ms(count_ms));
  for (size_t i = 0; i < samples.size(); ++i) samples[i] = i % 2 == 0 ? 0.001F : -0.001F;
  return samples;
}

Samples tone(int count_ms) {
  Samples samples(ms(count_ms));
  for (size_t i = 0; i < samples.size(); ++i)
    samples[i] = 0.5F * std::cos(0.05F * static_cast<float>(i));
  return samples;
}

Samples operator+(Samples first, const Samples& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

Samples join(const std::vector<Samples>& pieces, size_t chunk,
             text::PieceEnd end = text::PieceEnd::kSentence) {
  Joiner joiner;
  Samples all;
  const auto sink = [&](std::span<const float> samples) {
    all.insert(all.end(), samples.begin(), samples.end());
    return true;
  };
  for (const Samples& piece : pieces) {
    for (size_t at = 0; at < piece.size(); at += chunk)
      EXPECT_TRUE(
          joiner.push(std::span(piece).subspan(at, std::min(chunk, piece.size() - at)), sink));
    joiner.end_piece(end);
  }
  EXPECT_TRUE(joiner.finish(sink));
  return all;
}

// A speech of one piece that begins with this much silence, of which this much is kept.
Samples started_late(int silent_ms, int most_ms, size_t chunk) {
  const Samples piece = silence(silent_ms) + tone(300);
  Joiner joiner;
  joiner.shorten_start(most_ms);
  Samples all;
  const auto sink = [&](std::span<const float> samples) {
    all.insert(all.end(), samples.begin(), samples.end());
    return true;
  };
  for (size_t at = 0; at < piece.size(); at += chunk)
    EXPECT_TRUE(
        joiner.push(std::span(piece).subspan(at, std::min(chunk, piece.size() - at)), sink));
  joiner.end_piece(text::PieceEnd::kParagraph);
  EXPECT_TRUE(joiner.finish(sink));
  return all;
}

// Guards against: a listener waits for the silence with which a voice begins; a sound whose first
// samples are lost; a shorter silence that becomes longer.
TEST(Joiner, DropsTheSilenceBeforeTheFirstSoundButALittle) {
  for (const size_t chunk : {1U, 100U, 2048U, 100'000U}) {
    EXPECT_EQ(started_late(250, 30, chunk), silence(30) + tone(300)) << chunk;
    for (const int unnoticed : {20, 100})
      EXPECT_EQ(started_late(unnoticed, 30, chunk), silence(unnoticed) + tone(300)) << chunk;
    EXPECT_EQ(started_late(110, 30, chunk), silence(30) + tone(300)) << chunk;
    EXPECT_EQ(started_late(0, 30, chunk), tone(300)) << chunk;
    EXPECT_EQ(started_late(250, 0, chunk), tone(300)) << chunk;
    EXPECT_EQ(started_late(250, 1000, chunk), silence(250) + tone(300)) << chunk;
  }
}

// Guards against: a piece without a sound ends in an error or hangs the speech.
TEST(Joiner, ASilentFirstPieceLeavesALittleSilence) {
  Joiner joiner;
  joiner.shorten_start(30);
  Samples all;
  const auto sink = [&](std::span<const float> samples) {
    all.insert(all.end(), samples.begin(), samples.end());
    return true;
  };
  EXPECT_TRUE(joiner.push(silence(500), sink));
  joiner.end_piece(text::PieceEnd::kSentence);
  EXPECT_TRUE(joiner.push(tone(100), sink));
  joiner.end_piece(text::PieceEnd::kParagraph);
  EXPECT_TRUE(joiner.finish(sink));
  const auto end_of = [](const Samples& samples) {  // without the fade at the beginning
    return Samples(samples.end() - static_cast<int64_t>(ms(90)), samples.end());
  };
  ASSERT_GT(all.size(), ms(100));
  EXPECT_EQ(end_of(all), end_of(tone(100)));
}

// The longest run of samples that are silent, in milliseconds.
double longest_silence_ms(const Samples& samples) {
  size_t longest = 0;
  size_t run = 0;
  for (const float sample : samples) {
    run = std::abs(sample) < 0.004F ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return static_cast<double>(longest) * 1000 / kSampleRateHz;
}

float largest_step(const Samples& samples) {
  float largest = 0;
  for (size_t i = 1; i < samples.size(); ++i)
    largest = std::max(largest, std::abs(samples[i] - samples[i - 1]));
  return largest;
}

// A mark in each piece is heard where the offset says, whatever silence was cut or added.
TEST(Joiner, TellsWhereAPieceIs) {
  for (const int start_ms : {0, 60, 900}) {
    for (const size_t chunk : {97U, 2048U, 100000U}) {
      Joiner joiner;
      Samples all;
      const auto sink = [&](std::span<const float> samples) {
        all.insert(all.end(), samples.begin(), samples.end());
        return true;
      };
      EXPECT_TRUE(joiner.begin(100, sink));
      if (start_ms > 0) joiner.shorten_start(30);
      std::vector<int64_t> marks;
      const std::vector<std::pair<Samples, int>> pieces = {
          {silence(start_ms) + tone(200) + silence(900), 0},
          {silence(700) + tone(100) + silence(20), 250},
          {silence(3000), 0},
          {tone(150), 0},
          {silence(5) + tone(100) + silence(600), 0}};
      for (auto [piece, pause_ms] : pieces) {
        const auto sound = std::max_element(piece.begin(), piece.end());
        const bool is_silent = *sound < 0.1F;
        const auto mark = sound - piece.begin() + static_cast<int64_t>(ms(50));
        if (!is_silent) piece[static_cast<size_t>(mark)] = 0.9F;
        EXPECT_FALSE(joiner.piece_offset());
        for (size_t at = 0; at < piece.size(); at += chunk)
          EXPECT_TRUE(
              joiner.push(std::span(piece).subspan(at, std::min(chunk, piece.size() - at)), sink));
        EXPECT_EQ(joiner.piece_offset().has_value(), !is_silent);
        if (!is_silent) marks.push_back(joiner.piece_offset().value_or(0) + mark);
        joiner.end_piece(text::PieceEnd::kSentence, pause_ms);
      }
      EXPECT_TRUE(joiner.finish(sink));
      std::vector<int64_t> heard;
      for (size_t i = 0; i < all.size(); ++i)
        if (all[i] == 0.9F) heard.push_back(static_cast<int64_t>(i));
      EXPECT_EQ(heard, marks) << start_ms << " " << chunk;
    }
  }
}

TEST(Joiner, OnePiecePassesUnchanged) {
  for (const Samples& piece : {silence(700) + tone(300) + silence(900) + tone(50) + silence(1200),
                               tone(400), silence(30), tone(1), Samples()}) {
    for (const size_t chunk : {1U, 7U, 2048U, 100000U}) EXPECT_EQ(join({piece}, chunk), piece);
  }
}

TEST(Joiner, SilenceBetweenPiecesBecomesANaturalPause) {
  for (const auto& [end, pause_ms] :
       {std::pair(text::PieceEnd::kClause, 200), std::pair(text::PieceEnd::kSentence, 400),
        std::pair(text::PieceEnd::kParagraph, 700)}) {
    for (const auto& [before, after] :
         {std::pair(5, 5), std::pair(300, 20), std::pair(20, 900), std::pair(450, 450)}) {
      const Samples spoken =
          join({tone(300) + silence(before), silence(after) + tone(300)}, 2048, end);
      EXPECT_NEAR(longest_silence_ms(spoken), pause_ms, 2) << before << " " << after;
    }
  }
}

// Half a second of silence is all that is held back; what was given before stays.
TEST(Joiner, SilenceThatWasGivenAlreadyCounts) {
  const Samples spoken = join({tone(300) + silence(2000), silence(500) + tone(300)}, 2048);
  EXPECT_NEAR(longest_silence_ms(spoken), 1500 + 100, 2);
}

TEST(Joiner, NothingThatSoundsIsLost) {
  const Samples first = tone(300) + silence(100);
  const Samples second = silence(120) + tone(200);
  const Samples spoken = join({first, second}, 999);
  EXPECT_TRUE(
      std::equal(first.begin(), first.begin() + static_cast<int64_t>(ms(300)), spoken.begin()));
  EXPECT_TRUE(std::equal(second.rbegin(), second.rbegin() + static_cast<int64_t>(ms(200)),
                         spoken.rbegin()));
}

TEST(Joiner, PiecesThatEndAndBeginAbruptlyMakeNoClick) {
  const Samples spoken = join({tone(100), tone(100), tone(100)}, 512, text::PieceEnd::kWord);
  EXPECT_LT(largest_step(spoken), 0.06F);  // the tone's own is 0.025
  EXPECT_EQ(spoken.size(), ms(100) * 3 + 2 * ms(60) - 2 * ms(5));
}

TEST(Joiner, APieceWithoutASoundIsPartOfThePause) {
  const Samples spoken = join({tone(100), silence(800), tone(100)}, 300);
  EXPECT_NEAR(longest_silence_ms(spoken), 400 - 5, 2);  // the tone fades out within the pause
  EXPECT_EQ(join({silence(100)}, 300).size(), ms(100));
}

TEST(Joiner, DoesNotDependOnHowSamplesCome) {
  const std::vector<Samples> pieces = {tone(90) + silence(700), silence(33) + tone(70),
                                       tone(10) + silence(5), silence(2000) + tone(40)};
  const Samples whole = join(pieces, 1000000);
  for (const size_t chunk : {1U, 100U, 2048U, 4801U}) {
    EXPECT_EQ(join(pieces, chunk), whole) << chunk;
  }
}

// Guards against: the pause of a piece without sound is lost.
TEST(Joiner, ThePauseBehindAPieceWithoutASoundIsTheLongestOrTheSumOfWhatIsAskedFor) {
  struct End {
    text::PieceEnd end;
    int64_t pause_ms;
  };
  const auto pause_of = [](End first, End silent) {
    Joiner joiner;
    Samples all;
    const auto sink = [&](std::span<const float> samples) {
      all.insert(all.end(), samples.begin(), samples.end());
      return true;
    };
    EXPECT_TRUE(joiner.push(Samples(ms(200), 0.5F) + silence(30), sink));
    joiner.end_piece(first.end, first.pause_ms);
    EXPECT_TRUE(joiner.push(silence(200), sink));
    joiner.end_piece(silent.end, silent.pause_ms);
    EXPECT_TRUE(joiner.push(silence(30) + Samples(ms(200), 0.5F), sink));
    joiner.end_piece(text::PieceEnd::kParagraph);
    EXPECT_TRUE(joiner.finish(sink));
    return longest_silence_ms(all);
  };
  using text::PieceEnd;
  EXPECT_NEAR(pause_of({PieceEnd::kClause, 0}, {PieceEnd::kParagraph, 0}), 700, 2);
  EXPECT_NEAR(pause_of({PieceEnd::kSentence, 0}, {PieceEnd::kWord, 0}), 400, 2);
  EXPECT_NEAR(pause_of({PieceEnd::kSentence, 0}, {PieceEnd::kWord, 300}), 300, 2);
  EXPECT_NEAR(pause_of({PieceEnd::kSentence, 500}, {PieceEnd::kParagraph, 0}), 500, 2);
  EXPECT_NEAR(pause_of({PieceEnd::kSentence, 500}, {PieceEnd::kWord, 300}), 800, 2);
}

TEST(Joiner, AListenerWhoHasHeardEnoughIsHeeded) {
  Joiner joiner;
  const Samples sound = tone(100);
  EXPECT_FALSE(joiner.push(sound, [](std::span<const float>) { return false; }));
}

// A pause in the text has exactly its number of silent samples between two sounds, regardless of
// the silence that the voice makes there.
TEST(Joiner, APauseThatIsAskedForIsExact) {
  for (const int pause_ms : {20, 500, 3000, 8000}) {
    for (const int left_ms : {0, 30, 15}) {
      Joiner joiner;
      Samples all;
      const auto sink = [&](std::span<const float> samples) {
        all.insert(all.end(), samples.begin(), samples.end());
        return true;
      };
      const auto loud = [](int count_ms) { return Samples(ms(count_ms), 0.5F); };
      const Samples first = loud(200) + silence(left_ms / 2);
      const Samples second = silence(left_ms / 2) + loud(200);
      EXPECT_TRUE(joiner.begin(pause_ms, sink));
      EXPECT_TRUE(joiner.push(first, sink));
      joiner.end_piece(text::PieceEnd::kClause, pause_ms);
      EXPECT_TRUE(joiner.push(second, sink));
      joiner.end_piece(text::PieceEnd::kParagraph, pause_ms);
      EXPECT_TRUE(joiner.finish(sink));
      // Of 400 ms of sound only what fades at a join may have become silent: 5 ms each.
      EXPECT_NEAR(static_cast<double>(all.size()), static_cast<double>(ms(400) + 3 * ms(pause_ms)),
                  static_cast<double>(ms(11)))
          << pause_ms << " " << left_ms;
    }
  }
}

}  // namespace
}  // namespace orpheus::speech
