#include "align/verdict.h"

#include <gtest/gtest.h>

#include "align/testing/spoken_rows.h"

namespace orpheus::align {
namespace {

using testing::Attention;
using testing::halves_of_word;
using testing::rows_of_letters;
using testing::rows_of_words;
using testing::spoken_once;

constexpr std::string_view kText = "The quick brown fox jumps over the lazy dog, and goes home.";
constexpr int kNumWords = 12;

struct Judged {
  Verdict verdict;
  bool is_sure = false;
};

Judged judged(const std::vector<TextRow>& rows, const std::vector<FrameEvidence>& frames,
              Surprise surprise = Surprise::kCounts) {
  Track track(rows);
  Judge judge(rows, surprise);
  const auto take = [&] {
    while (const auto word = track.next()) judge.add(*word);
    if (track.current()) judge.look_at(*track.current());
  };
  for (const FrameEvidence& frame : frames) {
    track.push(frame);
    take();
  }
  track.finish();
  take();
  judge.finish();
  return {.verdict = judge.verdict(), .is_sure = judge.is_sure()};
}

Judged judged(const std::vector<TextRow>& rows, const std::vector<int>& spoken,
              const Attention& attention = {}) {
  return judged(rows, testing::evidence_of(spoken, rows.size(), attention));
}

std::vector<std::vector<TextRow>> both() { return {rows_of_letters(kText), rows_of_words(kText)}; }

std::vector<int> without(const std::vector<int>& spoken, std::pair<size_t, size_t> halves) {
  std::vector<int> cut(spoken.begin(), spoken.begin() + static_cast<std::ptrdiff_t>(halves.first));
  cut.insert(cut.end(), spoken.begin() + static_cast<std::ptrdiff_t>(halves.second), spoken.end());
  return cut;
}

// A false fault costs the time of another take, and with `on` an audible seam.
TEST(Verdict, WhatIsSpokenRightIsProven) {
  for (const auto& rows : both()) {
    for (const int rate : {2, 3, 5}) {
      for (uint32_t seed = 1; seed <= 10; ++seed) {
        const auto found = judged(rows, spoken_once(rows, rate), {.sharpness = 0.7, .seed = seed});
        EXPECT_EQ(found.verdict.fault, Fault::kNone) << name_of(found.verdict.fault) << rate;
        EXPECT_EQ(found.verdict.num_faults, 0);
        EXPECT_EQ(found.verdict.last_proven, kNumWords - 1);
        EXPECT_TRUE(found.is_sure);
      }
    }
  }
}

TEST(Verdict, ASkippedWord) {
  for (const auto& rows : both()) {
    const std::vector<int> spoken = spoken_once(rows);
    for (int word = 0; word + 1 < kNumWords; ++word) {
      const auto halves = halves_of_word(rows, spoken, word);
      const auto found = judged(rows, without(spoken, halves));
      EXPECT_EQ(found.verdict.fault, Fault::kSkipped) << word;
      EXPECT_EQ(found.verdict.word, word);
      EXPECT_EQ(found.verdict.last_proven, word - 1);
      EXPECT_LE(found.verdict.proven_halves, static_cast<int>(halves.first));
    }
  }
}

// The second time, the model expects the next word. Where a word is one row of the text, this is
// all that shows.
TEST(Verdict, ADoubledWord) {
  for (const auto& rows : both()) {
    const bool has_letters = rows.size() > kNumWords + 1;
    const std::vector<int> spoken = spoken_once(rows);
    for (int word = 0; word < kNumWords; ++word) {
      const auto [begin, end] = halves_of_word(rows, spoken, word);
      std::vector<int> doubled(spoken.begin(), spoken.begin() + static_cast<std::ptrdiff_t>(end));
      doubled.insert(doubled.end(), spoken.begin() + static_cast<std::ptrdiff_t>(begin),
                     spoken.end());
      if (doubled.size() % 2 == 1) doubled.push_back(doubled.back());
      auto frames = testing::evidence_of(doubled, rows.size(), {.sharpness = 0.9});
      if (!has_letters) frames[end / 2].surprise[end % 2] = 30 * kNat;
      const auto found = judged(rows, frames);
      EXPECT_EQ(found.verdict.fault, has_letters ? Fault::kRepeated : Fault::kExchanged) << word;
      EXPECT_EQ(found.verdict.word, word);
    }
  }
}

TEST(Verdict, ARestart) {
  for (const auto& rows : both()) {
    const std::vector<int> spoken = spoken_once(rows);
    const auto end = halves_of_word(rows, spoken, 5).second;
    std::vector<int> again(spoken.begin(), spoken.begin() + static_cast<std::ptrdiff_t>(end));
    again.insert(again.end(), spoken.begin(), spoken.end());
    const auto found = judged(rows, again);
    EXPECT_EQ(found.verdict.fault, Fault::kRepeated);
    EXPECT_EQ(found.verdict.last_proven, 5);
    EXPECT_NEAR(found.verdict.proven_halves, static_cast<int>(end), 1);
  }
}

// Told while it stands still, not when it goes on: it may never.
TEST(Verdict, AStuckWord) {
  for (const auto& rows : both()) {
    const std::vector<int> spoken = spoken_once(rows);
    const auto [begin, end] = halves_of_word(rows, spoken, 6);
    std::vector<int> stuck(spoken.begin(), spoken.begin() + static_cast<std::ptrdiff_t>(begin));
    stuck.insert(stuck.end(), 80, spoken[begin]);
    Track track(rows);
    Judge judge(rows);
    for (const FrameEvidence& frame : testing::evidence_of(stuck, rows.size())) {
      track.push(frame);
      while (const auto word = track.next()) judge.add(*word);
      if (track.current()) judge.look_at(*track.current());
    }
    EXPECT_EQ(judge.verdict().fault, Fault::kStuck);
    EXPECT_EQ(judge.verdict().word, 6);
    EXPECT_EQ(judge.verdict().last_proven, 5);
  }
}

// Guards against: "see" that lasts 1.4 s passes, because a word might last two seconds.
TEST(Verdict, AShortWordIsStuckSoonerThanALongOne) {
  for (const auto& rows : both()) {
    const std::vector<int> spoken = spoken_once(rows);
    const auto held = [&](int word, size_t num_halves) {
      const auto [begin, end] = halves_of_word(rows, spoken, word);
      std::vector<int> longer = spoken;
      longer.insert(longer.begin() + static_cast<std::ptrdiff_t>(end), num_halves - (end - begin),
                    spoken[end - 1]);
      if (longer.size() % 2 == 1) longer.push_back(longer.back());
      return judged(rows, longer).verdict;
    };
    constexpr int kFox = 3;
    EXPECT_EQ(held(kFox, 20).fault, Fault::kNone) << "a word that is drawn out: 0.85 s";
    EXPECT_EQ(held(kFox, 33).fault, Fault::kStuck);
    EXPECT_EQ(held(kFox, 33).word, kFox);
  }
  // The silence before the first word counts as its time.
  const auto rows = rows_of_letters("criticality of them");
  std::vector<int> spoken = spoken_once(rows);
  spoken.insert(spoken.begin(), 33, 0);
  if (spoken.size() % 2 == 1) spoken.push_back(spoken.back());
  EXPECT_EQ(judged(rows, spoken).verdict.fault, Fault::kNone);
}

TEST(Verdict, AnEarlyEnd) {
  for (const auto& rows : both()) {
    const std::vector<int> spoken = spoken_once(rows);
    for (int word = 1; word < kNumWords; ++word) {
      auto begin = halves_of_word(rows, spoken, word).first;
      begin -= begin % 2;
      const std::vector<int> early(spoken.begin(),
                                   spoken.begin() + static_cast<std::ptrdiff_t>(begin));
      const auto found = judged(rows, early);
      EXPECT_NE(found.verdict.fault, Fault::kNone) << word;
      EXPECT_LT(found.verdict.last_proven, word);
    }
  }
}

// The attention follows the text even where the sound is another word's.
TEST(Verdict, AnExchangedWord) {
  for (const auto& rows : both()) {
    const std::vector<int> spoken = spoken_once(rows);
    for (const int word : {1, 4, 9}) {
      const auto [begin, end] = halves_of_word(rows, spoken, word);
      auto frames = testing::evidence_of(spoken, rows.size());
      for (size_t half = begin; half < end; ++half) frames[half / 2].surprise[half % 2] = 14 * kNat;
      const auto found = judged(rows, frames);
      EXPECT_EQ(found.verdict.fault, Fault::kExchanged);
      EXPECT_EQ(found.verdict.word, word);
      EXPECT_EQ(found.verdict.last_proven, word - 1);
    }
  }
}

// A large voice has many likely sounds at each step: its usual surprise is no fault.
TEST(Verdict, SurpriseIsRelativeToThePiece) {
  const auto rows = rows_of_words(kText);
  const std::vector<int> spoken = spoken_once(rows);
  auto frames = testing::evidence_of(spoken, rows.size(), {}, 9 * kNat);
  EXPECT_EQ(judged(rows, frames).verdict.fault, Fault::kNone);
  frames[20].surprise[1] = 40 * kNat;
  EXPECT_EQ(judged(rows, frames).verdict.fault, Fault::kExchanged);
}

// Guards against: a voice whose sounds surprise it more than the voice of the thresholds is made
// again without a cause. What the path shows still counts.
TEST(Verdict, SurpriseMayBeIgnored) {
  for (const auto& rows : both()) {
    const std::vector<int> spoken = spoken_once(rows);
    auto frames = testing::evidence_of(spoken, rows.size());
    for (size_t frame = 4; frame < frames.size(); frame += 3)
      frames[frame].surprise = {40 * kNat, 12 * kNat};
    EXPECT_NE(judged(rows, frames).verdict.fault, Fault::kNone);
    EXPECT_EQ(judged(rows, frames, Surprise::kIsIgnored).verdict.num_faults, 0);
    const auto cut = without(spoken, halves_of_word(rows, spoken, 4));
    EXPECT_EQ(
        judged(rows, testing::evidence_of(cut, rows.size()), Surprise::kIsIgnored).verdict.fault,
        Fault::kSkipped);
  }
}

// Guards against: the silence before a short first word, or a slow "a", counts as the word again.
TEST(Verdict, ALongWordIsNotAlwaysSaidTwice) {
  const auto rows = rows_of_words("The cat has a hat and more things.");
  Judge judge(rows);
  const auto at = [&](int word, int begin, int end, int32_t most) {
    judge.add({.word = word,
               .begin = begin,
               .end = end,
               .share = kWhole * 3 / 4,
               .surprise = 2 * kNat,
               .most_surprise = most});
  };
  at(0, 0, 16, 12 * kNat);
  at(1, 16, 21, 3 * kNat);
  at(2, 21, 26, 3 * kNat);
  at(3, 26, 36, 12 * kNat);
  EXPECT_EQ(judge.verdict().fault, Fault::kNone) << name_of(judge.verdict().fault);
  at(4, 36, 56, 12 * kNat);
  EXPECT_EQ(judge.verdict().fault, Fault::kRepeated);
}

// Guards against: a laugh of three seconds is stuck, and one of half a second is skipped.
TEST(Verdict, ATagHasAnyLength) {
  std::vector<TextRow> rows = rows_of_letters("well then now good day");
  for (TextRow& row : rows)
    if (row.word == 2) row.num_letters = 0;  // as text_rows has a tag
  const std::vector<int> base = spoken_once(rows);
  const auto end = halves_of_word(rows, base, 1).second;
  const auto tag = static_cast<int>(
      std::find_if(rows.begin(), rows.end(), [](const TextRow& row) { return row.word == 2; }) -
      rows.begin());
  for (const size_t length : {0, 2, 5, 12, 70}) {
    std::vector<int> spoken = base;
    spoken.insert(spoken.begin() + static_cast<std::ptrdiff_t>(end), length, tag);
    if (spoken.size() % 2 == 1) spoken.push_back(spoken.back());
    const auto found = judged(rows, spoken);
    EXPECT_EQ(found.verdict.fault, Fault::kNone) << name_of(found.verdict.fault) << length;
    EXPECT_EQ(found.verdict.last_proven, 4);
  }
}

// Guards against: a voice that goes back to the blank before a word says the word twice unseen.
TEST(Verdict, ARestartFromAPause) {
  for (const size_t pause : {2, 6}) {
    const auto rows = rows_of_letters(kText);
    const std::vector<int> spoken = spoken_once(rows);
    const auto [begin, end] = halves_of_word(rows, spoken, 4);
    std::vector<int> again(spoken.begin(), spoken.begin() + static_cast<std::ptrdiff_t>(end));
    again.insert(again.end(), pause, spoken[begin] - 1);
    again.insert(again.end(), spoken.begin() + static_cast<std::ptrdiff_t>(begin), spoken.end());
    if (again.size() % 2 == 1) again.push_back(again.back());
    const auto found = judged(rows, again);
    EXPECT_EQ(found.verdict.fault, Fault::kRepeated);
    EXPECT_EQ(found.verdict.word, 4);
    EXPECT_EQ(found.verdict.last_proven, 4);
  }
}

// Of two bad takes the better one is kept.
TEST(Verdict, FaultsAreCounted) {
  const auto rows = rows_of_words(kText);
  const std::vector<int> spoken = spoken_once(rows);
  const auto one = without(spoken, halves_of_word(rows, spoken, 4));
  const auto two = without(one, halves_of_word(rows, one, 8));
  EXPECT_EQ(judged(rows, one).verdict.num_faults, 1);
  EXPECT_EQ(judged(rows, two).verdict.num_faults, 2);
}

// Random weights: whatever the path is, nothing may be remade.
TEST(Verdict, NoiseIsNotSure) {
  for (const auto& rows : both()) {
    for (uint32_t seed = 1; seed <= 10; ++seed) {
      const auto found = judged(rows, std::vector<int>(120, 0), {.sharpness = 0, .seed = seed});
      EXPECT_FALSE(found.is_sure);
    }
  }
  EXPECT_FALSE(judged(rows_of_words(kText), std::vector<FrameEvidence>(60)).is_sure);
  EXPECT_FALSE(judged(rows_of_words(kText), std::vector<FrameEvidence>()).is_sure);
}

}  // namespace
}  // namespace orpheus::align
