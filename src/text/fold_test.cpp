#include "text/fold.h"

#include <random>

#include <gtest/gtest.h>

#include "base/testing/cost.h"
#include "base/utf8.h"
#include "text/emoji_names.h"

namespace orpheus::text {
namespace {

const Habits kSmall{.characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz ,.!?'",
                    .most_words = 25,
                    .most_sentences = 1,
                    .speaks_tags = false};

std::string small(std::string_view text) {
  return folded(Spanned::verbatim(text), "en", kSmall, Emoji::kDrop).text();
}
std::string any(std::string_view text, Emoji emoji = Emoji::kDrop) {
  return folded(Spanned::verbatim(text), "en", {}, emoji).text();
}

// The small voice made of them "house smashed gold", and babble.
TEST(Fold, TypographyBecomesWhatTheVoiceWasTaught) {
  EXPECT_EQ(small("The house isn’t old."), "The house isn't old.");
  EXPECT_EQ(small("He said “the train is late” again."), "He said the train is late again.");
  EXPECT_EQ(small("A well-known word — or two (of all) [here]; yes: so."),
            "A well known word, or two, of all, here, yes, so.");
  EXPECT_EQ(small("Oh... well... I do not know."), "Oh, well. I do not know.");
  EXPECT_EQ(small("Wait… What?! No!!!"), "Wait. What? No!");
  EXPECT_EQ(small("\"No!\" he said. 'Yes.'"), "No, he said. Yes.");
  EXPECT_EQ(small("rock 'n' roll, the dogs' bed"), "rock en roll, the dogs bed");
}

TEST(Fold, LettersAreThoseOfTheAlphabet) {
  EXPECT_EQ(small("café naïve Ångström Straße"), "cafe naive Angstrom Strasse");
  EXPECT_EQ(small("Привет, мир"), "Privet, mir");
  EXPECT_EQ(small("NASA and the U.S.A. are IN a B C"), "Nasa and the you ess A are In a bee see");
  EXPECT_EQ(small("J. R. R. Tolkien wrote. I did. He did."),
            "jay are are Tolkien wrote. I did. He did.");
}

TEST(Fold, PicturesAndSoundlessCharactersReachNoVoice) {
  EXPECT_EQ(any("Great 😀! Hi 👨‍👩‍👧 there 👍🏽 🇫🇷."), "Great! Hi there.");
  EXPECT_EQ(any("a\u200Bb \u2066c\u2069 d\uFE0F"), "ab c d");
  EXPECT_EQ(any("क\u094D\u200Dष"), "क\u094D\u200Dष");
  EXPECT_EQ(any("Hi 😀.", Emoji::kName), "Hi grinning face.");
  EXPECT_EQ(any("Hi 👍🏽👍.", Emoji::kName),
            "Hi " + emoji_name("👍", "en") + " " + emoji_name("👍", "en") + ".");
  EXPECT_EQ(any("“Quotes” — stay <laugh> © 3 ½"), "“Quotes” — stay <laugh> © 3 ½");
  EXPECT_EQ(small("😀"), "");
}

// A family that is named as four people, half a flag, and tones of skin that are read out.
TEST(Fold, SequencesOfPicturesHaveOneNameInEachLanguage) {
  if (emoji_name("😀", "de").empty())
    GTEST_SKIP() << "built without CLDR's names (unicode-cldr-core)";
  const auto named = [](std::string_view text, std::string_view language) {
    return folded(Spanned::verbatim(text), language, {}, Emoji::kName).text();
  };
  EXPECT_EQ(named("Gut 👍🏽!", "de"), "Gut Daumen hoch!");
  EXPECT_EQ(named("👨‍👩‍👧‍👦", "de"), "Familie Mann Frau Mädchen und Junge");
  EXPECT_EQ(named("🇫🇷🇩🇪", "de"), "Flagge Frankreich Flagge Deutschland");
  EXPECT_EQ(named("❤️ et ❤", "fr"), "cœur rouge et cœur rouge");
  EXPECT_EQ(named("🥇", "en"), "first place medal");
  for (const char* language : {"es", "it", "ko", "hi", "zh"})
    EXPECT_NE(named("😀", language), "") << language;
  EXPECT_EQ(folded(Spanned::verbatim("❤️"), "fr", kSmall, Emoji::kName).text(), "coeur rouge");
}

TEST(Fold, LinesStayApart) { EXPECT_EQ(small("One,\nTwo -\n3"), "One,\nTwo\n"); }

TEST(Fold, OriginsAreThoseOfTheText) {
  const Spanned spoken =
      folded(Spanned::verbatim("It isn’t “so” far."), "en", kSmall, Emoji::kDrop);
  const size_t so = spoken.text().find("so");
  EXPECT_EQ(spoken.origin({so, so + 2}), (Range{14, 16}));
  const size_t isnt = spoken.text().find("isn't");
  EXPECT_EQ(spoken.origin({isnt, isnt + 5}), (Range{3, 10}));
}

TEST(Fold, PiecesRunFromACapitalToAStop) {
  const auto piece = [](std::string_view text) {
    return finished(Spanned::verbatim(text), kSmall).text();
  };
  EXPECT_EQ(piece("when it rains,"), "When it rains.");
  EXPECT_EQ(piece("Yes!"), "Yes!");
  EXPECT_EQ(finished(Spanned::verbatim("yes"), {}).text(), "yes");
}

TEST(Fold, AnyTextIsFoldedOnceAndSoon) {
  const std::vector<std::string> alphabet = {
      "a", "B", " ",       ".", ",", "…",  "—", "’", "“", "😀",  "\u200D", "\uFE0F", "é", "世",
      "ж", "1", "<laugh>", "<", ">", "\n", "(", ")", "'", "\"", "क",      "\u094D", "¿", "。"};
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (auto length = random() % 30; length > 0; --length)
      text += alphabet[random() % alphabet.size()];
    for (const Habits& habits : {kSmall, Habits{}}) {
      const Spanned once = folded(Spanned::verbatim(text), "en", habits, Emoji::kDrop);
      ASSERT_FALSE(find_invalid_utf8(once.text())) << text;
      const Spanned twice = folded(Spanned::verbatim(once.text()), "en", habits, Emoji::kDrop);
      ASSERT_EQ(once.text(), twice.text()) << text;
    }
  }
  for (const std::string& unit : alphabet) {
    EXPECT_TRUE(grows_in_proportion(32'000, [&](size_t num_bytes) {
      std::string text;
      while (text.size() < num_bytes) text += unit;
      (void)small(text);
    })) << unit;
  }
}

}  // namespace
}  // namespace orpheus::text
