#include "text/markup/arriving.h"

#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace orpheus::text::markup {
namespace {

using std::chrono::milliseconds;
using Time = Arriving::Time;
using Texts = std::vector<std::string>;

const Time kStart{std::chrono::seconds(100)};
const ArrivalOptions kEnglish{.cuts = {.language = "en"}};

std::vector<Stretch> take(Arriving& text) {
  std::vector<Stretch> stretches;
  while (auto stretch = text.next()) stretches.push_back(std::move(*stretch));
  return stretches;
}

Texts take_texts(Arriving& text) {
  Texts texts;
  for (const Stretch& stretch : take(text)) texts.push_back(stretch.text);
  return texts;
}

void give(Arriving& text, std::string_view part, Time now = kStart) {
  const auto appended = text.append(part, now);
  EXPECT_TRUE(appended.has_value()) << appended.error().message();
}

// What is cut before the input pauses, is flushed or ends.
Texts early(std::string_view input, const ArrivalOptions& options = kEnglish) {
  Arriving text(options);
  give(text, input);
  return take_texts(text);
}

std::vector<Stretch> whole(std::string_view input, const ArrivalOptions& options = kEnglish) {
  Arriving text(options);
  give(text, input);
  EXPECT_TRUE(text.end().has_value());
  return take(text);
}

TEST(Arriving, ASentenceIsCutWhenTheNextWordIsThere) {
  EXPECT_EQ(early("Hello there. How "), (Texts{"Hello there."}));
  EXPECT_EQ(early("Hello there. How"), Texts{});
  EXPECT_EQ(early("\"Stop!\" he said. \"Never!\" She "), (Texts{"\"Stop!\" he said."}))
      << "a sentence goes on behind a quotation";
  EXPECT_EQ(early("Hello there.\n\n"), (Texts{"Hello there."}));
}

TEST(Arriving, AbbreviationsAndNumbersAreNotCut) {
  for (const char* input :
       {"Dr. Smith is here ", "It costs $1, 299 or so ", "See No. 5 for more ",
        "J. R. R. Tolkien wrote ", "Pi is 3. 14 they ", "At 5 p.m. we ", "Am 3. Tag des ",
        "Read vol. II and ", "En EE. UU. hay ", "Use e.g. Latin words "})
    EXPECT_EQ(early(input), Texts{}) << input;
}

TEST(Arriving, TheFirstClauseIsCutEarlyAndLaterOnesWhenTheyAreLong) {
  EXPECT_EQ(early("If you ask me about the weather, then I can "),
            (Texts{"If you ask me about the weather,"}));
  EXPECT_EQ(early("Well, I can "), Texts{}) << "too short";
  EXPECT_EQ(early("The parts that we have are 1, 2, 3, 4, 5, 6 and "), Texts{});
  EXPECT_EQ(early("Hello. If you ask me about the weather, then I can "), (Texts{"Hello."}));
}

TEST(Arriving, ShortSentencesAfterTheFirstAreJoined) {
  EXPECT_EQ(early("Yes. I know. It is a fine day today and we can both go out now. Then "),
            (Texts{"Yes.", " I know. It is a fine day today and we can both go out now."}));
}

TEST(Arriving, ALongSentenceIsCutBetweenWords) {
  std::string input;
  for (int i = 0; i < 300; ++i) input += "word ";
  for (const std::string& text : early(input)) {
    EXPECT_LE(text.size(), 520U);
    EXPECT_EQ(text.back(), 'd');
  }
  EXPECT_EQ(early(input).size(), 2U);
  EXPECT_GE(early(std::string(2000, '7')).size(), 1U) << "no word ends";
}

TEST(Arriving, WhatIsBetweenMarksIsNotDivided) {
  for (const char* input :
       {"**Hello there. How are you? I am ", "Say `a. B c` and [one. Two ",
        "<think>\nHmm. This is hard. Let us see.\n\nYes. So ",
        "```\nint a;\n\nint b; // One. Two.\n", "<voice name=\"leo\">Hello there. How are "})
    EXPECT_EQ(early(input), Texts{}) << input;
  EXPECT_EQ(early("**Hello there. How are you?** I am "), (Texts{"**Hello there. How are you?**"}));
  EXPECT_EQ(early("<think>\nHmm. So.\n</think>\n\nHello. You "),
            (Texts{"<think>\nHmm. So.\n</think>", "\n\nHello."}));
  EXPECT_EQ(early("He sighs <sigh> now. Then "), (Texts{"He sighs <sigh> now."}));
  EXPECT_EQ(early("If a < bee. Then "), (Texts{"If a < bee."}));
}

TEST(Arriving, ItemsOfAListAreCutAtTheirLines) {
  EXPECT_EQ(early("Buy these:\n- three apples\n- a pear\n- milk "),
            (Texts{"Buy these:", "\n- three apples", "\n- a pear"}));
  EXPECT_EQ(early("# Title\nText "), (Texts{"# Title"}));
  EXPECT_EQ(early("A line\nthat goes on "), Texts{});
}

TEST(Arriving, ScriptsWithoutBlanksAreCutAtTheirStops) {
  EXPECT_EQ(early("你好。我是谁", {.cuts = {.language = "zh"}}), (Texts{"你好。"}));
  EXPECT_EQ(early("「你好。」", {.cuts = {.language = "zh"}}), Texts{});
}

TEST(Arriving, OtherFormatsAreWhole) {
  Arriving text({.format = Format::kSsml});
  give(text, "<speak>One. Two. Three ");
  EXPECT_EQ(text.due(), std::nullopt);
  give(text, "four.</speak>");
  EXPECT_EQ(take_texts(text), Texts{});
  text.flush();
  EXPECT_EQ(take_texts(text), (Texts{"<speak>One. Two. Three four.</speak>"}));
}

TEST(Arriving, ASpeakersLineIsNotDivided) {
  const ArrivalOptions options{.cuts = {.language = "en", .keeps_lines = true}};
  EXPECT_EQ(early("Leo: Hi. How are you? I am\nTara: Fine. And ", options),
            (Texts{"Leo: Hi. How are you? I am"}));
}

// "$1," is not spoken before "299" although both come apart.
TEST(Arriving, APauseCutsSentencesSoonAndOthersLater) {
  const auto waits = [](std::string_view input) {
    Arriving text(kEnglish);
    give(text, input);
    return text.due() ? text.due()->time_since_epoch() - kStart.time_since_epoch()
                      : milliseconds(-1);
  };
  for (const char* soon :
       {"Hello there.", "Hello there. ", "A\n", "\"Go!\"", "It is 1984. ", "好。"})
    EXPECT_EQ(waits(soon), milliseconds(250)) << soon;
  for (const char* late : {"It costs $1,", "It costs $1.", "Dr.", "Hello", "**Hello there."})
    EXPECT_EQ(waits(late), milliseconds(1500)) << late;
  for (const char* never : {"", " \n", "<think>\nHmm."})
    EXPECT_EQ(waits(never), milliseconds(-1)) << never;

  Arriving text(kEnglish);
  give(text, "Hello there.");
  text.tick(kStart + milliseconds(249));
  EXPECT_EQ(take_texts(text), Texts{});
  give(text, " It costs $1,", kStart + milliseconds(249));
  text.tick(kStart + milliseconds(600));
  EXPECT_EQ(take_texts(text), (Texts{"Hello there."}));
  give(text, "299 today", kStart + milliseconds(600));
  text.tick(kStart + milliseconds(2200));
  EXPECT_EQ(take_texts(text), (Texts{" It costs $1,299 today"}));
}

TEST(Arriving, AFlushCutsAllExceptAnOpenThought) {
  Arriving text(kEnglish);
  give(text, "Wait");
  text.flush();
  text.flush();
  EXPECT_EQ(take(text), (std::vector<Stretch>{{"Wait", 0, PieceEnd::kWord}}));
  give(text, " a moment.\n<think>\nHmm. What");
  text.flush();
  EXPECT_EQ(take_texts(text), (Texts{" a moment.\n"}));
  give(text, " now?\n</think>\nYes");
  text.flush();
  EXPECT_EQ(take_texts(text), (Texts{"<think>\nHmm. What now?\n</think>\nYes"}));
}

TEST(Arriving, PartsMayEndWithinACharacter) {
  Arriving text(kEnglish);
  for (const char c : std::string("Süße Träume 😀. Und ")) give(text, std::string(1, c));
  EXPECT_EQ(take_texts(text), (Texts{"Süße Träume 😀."}));
  give(text, "\xC3");
  EXPECT_EQ(text.end().error().kind, ErrorKind::kUsage);
  const auto bad = Arriving(kEnglish).append("ab\xFF", kStart);
  ASSERT_FALSE(bad.has_value());
  EXPECT_NE(bad.error().message().find("offset 2"), std::string::npos);
}

// Guards against: a cut that depends on how the network divides the text.
TEST(Arriving, TheCutsOfATextDoNotDependOnItsParts) {
  const std::string input =
      "Hi! If you ask **me. Or you**, it costs $1,299.50 (or so). Dr. Smith, who is 5, knows <b>a. "
      "B</b>.\n\n# List\n1. One\n2. Two\n\n<think>\nHmm. No.\n</think>\nSo: \"Yes.\" "
      "你好。再见！Then "
      "x < y; and <voice\nname='leo'>Hello. You.</voice> Ende gut, alles gut, sagt man hier bei "
      "uns "
      "in aller Regel und in jedem Fall so, dass es alle hören, die es hören wollen oder sollen, "
      "oder auch nicht, und wenn sie nicht gestorben sind, dann leben sie noch heute, mit Kind und "
      "Kegel, Hund und Katze, Maus und Mann, in einem kleinen Haus am Rand des Waldes, und warten.";
  const auto expected = whole(input);
  EXPECT_GT(expected.size(), 8U);
  std::string joined;
  for (const Stretch& stretch : expected) {
    EXPECT_EQ(stretch.begin, joined.size());
    joined += stretch.text;
  }
  EXPECT_EQ(joined, input);
  std::mt19937 random(7);  // NOLINT: the same parts in every run
  for (int run = 0; run < 300; ++run) {
    Arriving text(kEnglish);
    const size_t most = 1 + random() % 40;
    std::vector<Stretch> stretches;
    for (size_t at = 0; at < input.size();) {
      const size_t count = 1 + random() % most;
      give(text, std::string_view(input).substr(at, count));
      at += count;
      for (Stretch& stretch : take(text)) stretches.push_back(std::move(stretch));
    }
    EXPECT_TRUE(text.end().has_value());
    for (Stretch& stretch : take(text)) stretches.push_back(std::move(stretch));
    ASSERT_EQ(stretches, expected);
  }
}

}  // namespace
}  // namespace orpheus::text::markup
