// What goes wrong without these: a word is shown where it is not written, or a step that is added
// to the journey loses the place.
#include "text/spanned.h"

#include <random>

#include <gtest/gtest.h>

namespace orpheus::text {
namespace {

// A random step from an input: parts kept, parts spoken, parts left out, in order.
Spanned random_step(std::string_view input, std::mt19937& random) {
  Spanned step;
  for (size_t at = 0; at < input.size();) {
    const size_t size = std::min<size_t>(random() % 6, input.size() - at);
    switch (random() % 3) {
      case 0: step.append_verbatim(input.substr(at, size), at); break;
      case 1: step.append_spoken(std::string(random() % 5, 'w'), {at, at + size}); break;
      default: break;
    }
    at += size;
  }
  return step;
}

void expect_sound(const Spanned& step, std::string_view input) {
  size_t text = 0;
  Range before;
  for (const Spanned::Run& run : step.runs()) {
    EXPECT_EQ(run.text.begin, text) << "runs cover the text";
    EXPECT_GT(run.text.size(), 0U);
    text = run.text.end;
    EXPECT_LE(run.origin.begin, run.origin.end);
    EXPECT_LE(run.origin.end, input.size());
    EXPECT_GE(run.origin.begin, before.begin) << "origins go on";
    EXPECT_GE(run.origin.end, before.end) << "origins go on";
    before = run.origin;
    if (run.is_verbatim) {
      EXPECT_EQ(step.text().substr(run.text.begin, run.text.size()),
                input.substr(run.origin.begin, run.origin.size()));
    }
  }
  EXPECT_EQ(text, step.text().size());
}

TEST(Spanned, StaysSoundThroughEveryOperation) {
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    std::string input;
    for (size_t i = random() % 60; i > 0; --i) input += static_cast<char>('a' + random() % 26);
    const Spanned first = random_step(input, random);
    expect_sound(first, input);
    const Spanned second = random_step(first.text(), random);
    const Spanned both = second.after(first);
    expect_sound(both, input);
    EXPECT_EQ(both.text(), second.text());

    const size_t cut = random() % (first.text().size() + 1);
    const Spanned left = first.slice({0, cut});
    Spanned joined = left;
    joined.append(first.slice({cut, first.text().size()}));
    expect_sound(left, input);
    EXPECT_EQ(joined, first) << "cut and joined again";
  }
}

TEST(Spanned, ComposingWithNothingChangesNothing) {
  std::mt19937 random(2);
  for (int round = 0; round < 100; ++round) {
    const std::string input = "The quick brown fox costs $5 today.";
    const Spanned step = random_step(input, random);
    EXPECT_EQ(step.after(Spanned::verbatim(input)), step);
    EXPECT_EQ(Spanned::verbatim(step.text()).after(step), step);
  }
}

TEST(Spanned, TellsWhereAStretchComesFrom) {
  const std::string input = "It is $5 **now**.";
  Spanned said;
  said.append_verbatim("It is ", 0);
  said.append_spoken("five dollars", {6, 8});
  said.append_verbatim(" ", 8);
  said.append_verbatim("now", 11);
  said.append_verbatim(".", 16);
  ASSERT_EQ(said.text(), "It is five dollars now.");
  expect_sound(said, input);
  EXPECT_EQ(said.origin({3, 5}), (Range{3, 5}));
  EXPECT_EQ(said.origin({6, 10}), (Range{6, 8})) << "a part of a spoken word is the whole";
  EXPECT_EQ(said.origin({11, 18}), (Range{6, 8}));
  EXPECT_EQ(said.origin({19, 22}), (Range{11, 14}));
  EXPECT_EQ(said.origin({19, 23}), (Range{11, 17}));
  EXPECT_EQ(said.origin({0, 23}), (Range{0, 17}));
  EXPECT_EQ(said.origin({20, 20}), (Range{12, 12}));
  EXPECT_EQ(said.origin({23, 23}), (Range{17, 17}));
  EXPECT_EQ(Spanned().origin({0, 0}), (Range{0, 0}));
}

}  // namespace
}  // namespace orpheus::text
