#include "align/path.h"

#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include "align/testing/spoken_rows.h"

namespace orpheus::align {
namespace {

using testing::Attention;
using testing::halves_of_word;
using testing::rows_of_letters;
using testing::rows_of_words;
using testing::shares_of;
using testing::spoken_once;

constexpr std::string_view kText = "The quick brown fox jumps over the lazy dog, and goes home.";

std::vector<PathStep> steps_of(const std::vector<TextRow>& rows,
                               const std::vector<Shares>& halves) {
  std::vector<int> letters;
  for (const TextRow& row : rows) letters.push_back(row.num_letters);
  Path path(letters);
  std::vector<PathStep> steps;
  for (size_t i = 0; i < halves.size(); ++i) {
    const auto step = path.push(halves[i]);
    EXPECT_EQ(step.has_value(), i >= kLag);  // the delay is as told
    if (step) steps.push_back(*step);
  }
  for (const PathStep& step : path.finish()) steps.push_back(step);
  EXPECT_EQ(steps.size(), halves.size());
  return steps;
}

// Half frames whose word is not the one that was spoken.
size_t num_wrong(const std::vector<TextRow>& rows, const std::vector<int>& spoken,
                 const Attention& attention) {
  const std::vector<PathStep> steps = steps_of(rows, shares_of(spoken, rows.size(), attention));
  size_t wrong = 0;
  for (size_t i = 0; i < spoken.size(); ++i) {
    const int word = rows[static_cast<size_t>(steps[i].row)].word;
    if (word != rows[static_cast<size_t>(spoken[i])].word) ++wrong;
  }
  return wrong;
}

TEST(Path, FollowsSharpAttentionExactly) {
  for (const auto& rows : {rows_of_letters(kText), rows_of_words(kText)}) {
    const std::vector<int> spoken = spoken_once(rows);
    const auto steps = steps_of(rows, shares_of(spoken, rows.size(), {.sharpness = 0.95}));
    for (size_t i = 0; i < spoken.size(); ++i) EXPECT_EQ(steps[i].row, spoken[i]) << i;
    EXPECT_GT(steps[12].share, kWhole * 9 / 10);
  }
}

// A head of an untaught model has a third of its weight where it should.
TEST(Path, FollowsDiffuseAttentionNearly) {
  for (const auto& rows : {rows_of_letters(kText), rows_of_words(kText)}) {
    const std::vector<int> spoken = spoken_once(rows);
    for (uint32_t seed = 1; seed <= 20; ++seed)
      EXPECT_LE(num_wrong(rows, spoken, {.sharpness = 0.35, .seed = seed}), spoken.size() / 12);
  }
}

// Heads rest on the first or the last token, or on punctuation, with most of their weight.
TEST(Path, SinksAreNoPlaces) {
  for (const auto& rows : {rows_of_letters(kText), rows_of_words(kText)}) {
    const int last = static_cast<int>(rows.size()) - 1;
    const std::vector<int> spoken = spoken_once(rows);
    for (const std::vector<int>& sinks :
         {std::vector<int>{0}, std::vector<int>{last}, std::vector<int>{last / 2, last}}) {
      const Attention attention{.sharpness = 0.3, .sink = 0.6, .sinks = sinks};
      EXPECT_LE(num_wrong(rows, spoken, attention), spoken.size() / 12);
    }
  }
}

// What is cut, doubled or left out is seen as such, within a half frame at each border.
TEST(Path, JumpsAreFollowed) {
  for (const auto& rows : {rows_of_letters(kText), rows_of_words(kText)}) {
    const std::vector<int> once = spoken_once(rows);
    const auto at = [&](size_t half) { return once.begin() + static_cast<std::ptrdiff_t>(half); };
    for (const int word : {0, 2, 7, 11}) {
      const auto [begin, end] = halves_of_word(rows, once, word);
      std::vector<int> cut = once;
      cut.erase(cut.begin() + static_cast<std::ptrdiff_t>(begin),
                cut.begin() + static_cast<std::ptrdiff_t>(end));
      EXPECT_LE(num_wrong(rows, cut, {}), 2U) << word;
      std::vector<int> doubled = once;
      doubled.insert(doubled.begin() + static_cast<std::ptrdiff_t>(end), at(begin), at(end));
      EXPECT_LE(num_wrong(rows, doubled, {}), 2U) << word;
      std::vector<int> again(at(0), at(end));
      again.insert(again.end(), once.begin(), once.end());
      EXPECT_LE(num_wrong(rows, again, {}), 2U) << word;
      if (word == 0) continue;  // what has attention from the start on may be a sink
      std::vector<int> stuck = once;
      stuck.insert(stuck.begin() + static_cast<std::ptrdiff_t>(begin), 60, once[begin]);
      EXPECT_LE(num_wrong(rows, stuck, {}), 2U) << word;
    }
  }
}

// A half frame that looks elsewhere is noise.
TEST(Path, OneOddHalfFrameIsNoJump) {
  const auto rows = rows_of_words(kText);
  const std::vector<int> spoken = spoken_once(rows);
  std::vector<int> odd = spoken;
  odd[20] = 1;
  odd[30] = static_cast<int>(rows.size()) - 1;
  const auto steps = steps_of(rows, shares_of(odd, rows.size()));
  for (size_t i = 1; i < steps.size(); ++i) {
    EXPECT_GE(steps[i].row, steps[i - 1].row);
    EXPECT_LE(steps[i].row, steps[i - 1].row + 1);
  }
}

// Random weights look anywhere: the path must say that it does not know.
TEST(Path, IsNotSureOfNoise) {
  const auto rows = rows_of_words(kText);
  const std::vector<int> spoken(200, 0);
  for (uint32_t seed = 1; seed <= 10; ++seed) {
    int64_t sum = 0;
    for (const PathStep& step :
         steps_of(rows, shares_of(spoken, rows.size(), {.sharpness = 0, .seed = seed})))
      sum += step.share;
    EXPECT_LT(sum / 200, kWhole / 2);
  }
}

// A model without heads, from the start or for some tokens.
TEST(Path, HalfFramesWithoutAttentionStay) {
  const auto rows = rows_of_words("one two three four");
  std::vector<Shares> none(40);
  for (const PathStep& step : steps_of(rows, none)) {
    EXPECT_EQ(step.row, 0);
    EXPECT_EQ(step.share, 0);
  }
  const std::vector<int> spoken = spoken_once(rows);
  auto shares = shares_of(spoken, rows.size());
  shares[5].clear();
  shares[6].assign(3, kWhole);  // of another text
  const auto steps = steps_of(rows, shares);
  EXPECT_EQ(steps[4].row, spoken[4]);
  EXPECT_EQ(steps[8].row, spoken[8]);
}

TEST(Path, ATextOfOneRow) {
  for (const PathStep& step : steps_of({TextRow{0, 1}}, std::vector<Shares>(20, Shares{kWhole})))
    EXPECT_EQ(step.row, 0);
  Path path({1});
  EXPECT_TRUE(path.finish().empty());
}

// The longest piece, three minutes: scores must not run over.
TEST(Path, LongPieces) {
  const auto rows = rows_of_letters(std::string(400, 'a'));
  std::vector<int> spoken(4400);
  for (size_t i = 0; i < spoken.size(); ++i) spoken[i] = static_cast<int>(i / 11);
  EXPECT_EQ(num_wrong(rows, spoken, {}), 0U);
  const auto steps = steps_of(rows, shares_of(spoken, rows.size()));
  EXPECT_NEAR(steps.back().row, spoken.back(), 1);
}

}  // namespace
}  // namespace orpheus::align
