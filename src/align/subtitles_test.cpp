#include "align/subtitles.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "align/estimate.h"
#include "align/words.h"
#include "base/utf8.h"

namespace orpheus::align {
namespace {

std::vector<CaptionWord> words_of(std::string_view text, int64_t samples) {
  const text::Spanned spoken = text::Spanned::verbatim(text);
  return caption_words(
      spoken, estimate(spoken, words_in(spoken, ""), {.num_samples = samples, .levels = {}}), text,
      {});
}

// Spoken at about 14 characters a second.
std::vector<CaptionWord> words_of(std::string_view text) {
  return words_of(text, static_cast<int64_t>(count_code_points(text)) * kSampleRateHz / 14);
}

std::string joined(const std::vector<Cue>& cues) {
  std::string all;
  for (const Cue& cue : cues)
    for (const std::string& line : cue.lines) all += (all.empty() ? "" : " ") + line;
  return all;
}

constexpr std::string_view kProse =
    "It was a bright cold day in April, and the clocks were striking thirteen. Nobody in the "
    "street "
    "looked up; they had heard it before. Somewhere behind the houses, where the old railway used "
    "to run, a dog barked twice and was silent. Then it rained. The woman with the red umbrella "
    "counted the seconds between the lightning and the thunder, as her father had taught her, "
    "and when she came to seven she smiled. It would be a long evening, she thought.";

// Guards against: lines that are cut off on a screen, and cues that nobody can read in time.
TEST(Subtitles, KeepTheLimits) {
  const SubtitleLimits limits;
  const auto cues = cues_of(words_of(kProse), limits);
  ASSERT_GT(cues.size(), 5U);
  int64_t behind = 0;
  for (const Cue& cue : cues) {
    EXPECT_GE(cue.begin_ms, behind);
    EXPECT_GE(cue.end_ms - cue.begin_ms, limits.least_ms);
    EXPECT_LE(cue.end_ms - cue.begin_ms, limits.most_ms);
    EXPECT_LE(cue.lines.size(), 2U);
    size_t characters = 0;
    for (const std::string& line : cue.lines) {
      EXPECT_LE(line.size(), 42U) << line;
      EXPECT_FALSE(line.empty());
      characters += line.size();
    }
    EXPECT_LE(static_cast<double>(characters),
              20.0 * static_cast<double>(cue.end_ms - cue.begin_ms) / 1000)
        << cue.lines[0];
    behind = cue.end_ms;
  }
  EXPECT_EQ(joined(cues), kProse);
}

TEST(Subtitles, CuesEndAtSentencesAndClauses) {
  const auto cues = cues_of(words_of(kProse), {});
  size_t at_punctuation = 0;
  for (const Cue& cue : cues) {
    const char last = cue.lines.back().back();
    if (last == '.' || last == ',' || last == ';') ++at_punctuation;
  }
  EXPECT_GE(at_punctuation + 2, cues.size());
  EXPECT_EQ(cues[0].lines, (std::vector<std::string>{"It was a bright cold day in April,",
                                                     "and the clocks were striking thirteen."}));
}

// Whatever is said and however fast.
TEST(Subtitles, OfAnyWordsAreInOrderAndComplete) {
  uint32_t state = 3;
  const auto next = [&](uint32_t below) {
    state = state * 1664525U + 1013904223U;
    return (state >> 16U) % below;
  };
  for (int round = 0; round < 300; ++round) {
    std::vector<CaptionWord> words;
    std::string all;
    int64_t now = next(2000);
    const uint32_t num_words = next(60);
    for (uint32_t i = 0; i < num_words; ++i) {
      const int64_t begin = now;
      now += next(5) == 0 ? 0 : next(next(4) == 0 ? 9000 : 400);
      words.push_back({.text = std::string(1 + next(next(6) == 0 ? 130 : 9), 'x'),
                       .follows_blank = next(4) != 0,
                       .begin_ms = begin,
                       .end_ms = now,
                       .after = static_cast<Break>(next(3))});
      all += words.back().text;
      now += next(3) == 0 ? next(3000) : 0;
    }
    const auto cues = cues_of(words, {});
    int64_t behind = 0;
    std::string shown;
    for (const Cue& cue : cues) {
      EXPECT_GE(cue.begin_ms, behind);
      EXPECT_GT(cue.end_ms, cue.begin_ms);
      behind = cue.end_ms;
      ASSERT_FALSE(cue.lines.empty());
      EXPECT_LE(cue.lines.size(), 2U);
      for (const std::string& line : cue.lines) {
        EXPECT_LE(line.size(), 42U);
        shown += line;
      }
    }
    std::erase(shown, ' ');
    EXPECT_EQ(shown, all);
  }
}

TEST(Subtitles, AHeadingAndALongPauseEndACue) {
  std::vector<CaptionWord> words = {
      {.text = "Chapter", .begin_ms = 0, .end_ms = 500},
      {.text = "One", .begin_ms = 500, .end_ms = 1000},
      {.text = "It", .begin_ms = 3000, .end_ms = 3200},
      {.text = "rained.", .begin_ms = 3200, .end_ms = 3900, .after = Break::kSentence}};
  const auto cues = cues_of(words, {});
  ASSERT_EQ(cues.size(), 2U);
  EXPECT_EQ(cues[0].lines, (std::vector<std::string>{"Chapter One"}));
  EXPECT_EQ(cues[1].begin_ms, 3000);
}

// A Chinese character is as wide as two letters, and is read slowly.
TEST(Subtitles, ChineseAndJapaneseLinesAreShorter) {
  const std::string text =
      "今天天气很好，我们一起去公园散步，看见了很多美丽的花和小鸟。后来下雨了，我们就回家了。";
  const auto words = words_of(text, static_cast<int64_t>(count_code_points(text)) * 6000);
  for (const auto& [language, most] : {std::pair{"zh", 16U}, {"ja", 13U}}) {
    std::string all;
    for (const Cue& cue : cues_of(words, limits_for(language))) {
      for (const std::string& line : cue.lines) {
        EXPECT_LE(count_code_points(line), most) << line;
        all += line;
      }
    }
    EXPECT_EQ(all, text);
  }
  EXPECT_EQ(limits_for("en").columns, 42);
  EXPECT_EQ(limits_for("zh-TW").columns, 32);
}

TEST(Subtitles, AreWrittenAsSubRipAndWebVtt) {
  const std::vector<Cue> cues = {{.begin_ms = 40, .end_ms = 1500, .lines = {"A & B", "<3"}},
                                 {.begin_ms = 3'723'004, .end_ms = 3'724'000, .lines = {"Later"}}};
  EXPECT_EQ(srt_of(cues),
            "1\n00:00:00,040 --> 00:00:01,500\nA & B\n<3\n\n"
            "2\n01:02:03,004 --> 01:02:04,000\nLater\n\n");
  EXPECT_EQ(vtt_of(cues),
            "WEBVTT\n\n00:00:00.040 --> 00:00:01.500\nA &amp; B\n&lt;3\n\n"
            "01:02:03.004 --> 01:02:04.000\nLater\n\n");
  EXPECT_EQ(srt_of({}), "");
  EXPECT_EQ(vtt_of({}), "WEBVTT\n\n");
  EXPECT_TRUE(cues_of({}, {}).empty());
}

}  // namespace
}  // namespace orpheus::align
