#include "text/lexicon.h"

#include <gtest/gtest.h>

namespace orpheus::text {
namespace {

Lexicon lexicon(std::vector<Lexicon::Entry> entries) {
  Lexicon made;
  for (Lexicon::Entry& entry : entries) EXPECT_TRUE(made.add(std::move(entry)).has_value());
  return made;
}

std::string applied(const Lexicon& words, std::string_view text, std::string_view language = "en",
                    std::string_view voice = "tara") {
  return words.apply(Spanned::verbatim(text), language, voice).text();
}

TEST(Lexicon, WholeWordsInAnyCapitals) {
  const Lexicon words =
      lexicon({{"GIF", "jif"}, {"C++", "see plus plus"}, {"New York", "noo york"}});
  EXPECT_EQ(applied(words, "A gif, two GIFs and a Gif."), "A jif, two GIFs and a jif.");
  EXPECT_EQ(applied(words, "C++ in new york!"), "see plus plus in noo york!");
}

TEST(Lexicon, TheLongestThatIsMeantCounts) {
  const Lexicon words = lexicon({{"US", "you ess", true},
                                 {"US Army", "the army", true},
                                 {"Bonjour", "bon zhoor", false, "en"},
                                 {"hi", "hey", false, "", "leo"}});
  EXPECT_EQ(applied(words, "US Army for us in the US"), "the army for us in the you ess");
  EXPECT_EQ(applied(words, "Bonjour", "fr"), "Bonjour");
  EXPECT_EQ(applied(words, "hi"), "hi");
  EXPECT_EQ(applied(words, "hi", "en", "leo"), "hey");
}

TEST(Lexicon, OriginsStay) {
  const Spanned spoken = lexicon({{"GIF", "jif"}}).apply(Spanned::verbatim("a GIF here"), "en", "");
  EXPECT_EQ(spoken.origin({2, 5}), (Range{2, 5}));
  EXPECT_EQ(spoken.origin({6, 10}), (Range{6, 10}));
}

TEST(LexiconFile, ColumnsAndToml) {
  const auto columns = Lexicon::parse("# words\nGIF\tjif\nSQL  sequel\r\n\n;;; end\n", "a.txt");
  ASSERT_TRUE(columns.has_value()) << columns.error().message();
  EXPECT_EQ(columns->entries(), (std::vector<Lexicon::Entry>{{"GIF", "jif"}, {"SQL", "sequel"}}));
  const auto toml = Lexicon::parse(
      "[words]\n\"Łódź\" = \"woodge\"\n[[entry]]\nwritten = \"US\"\nspoken = \"you ess\"\n"
      "exact = true\nlanguage = \"en\"\n",
      "a.toml");
  ASSERT_TRUE(toml.has_value()) << toml.error().message();
  EXPECT_EQ(toml->entries(),
            (std::vector<Lexicon::Entry>{{"Łódź", "woodge"}, {"US", "you ess", true, "en"}}));
}

TEST(LexiconFile, WhatIsWrongIsNamedWithItsLine) {
  for (const auto& [bytes, name, line] :
       {std::tuple{"GIF jif\nSQL\n", "a.txt", "line 2"},
        std::tuple{"[words]\na = 1\n", "a.toml", "line 2"},
        std::tuple{"[words\n", "a.toml", "line 1"}, std::tuple{"\xff", "a.txt", "a.txt"}}) {
    const auto parsed = Lexicon::parse(bytes, name);
    ASSERT_FALSE(parsed.has_value()) << bytes;
    EXPECT_EQ(parsed.error().kind, ErrorKind::kBadFile);
    EXPECT_NE(parsed.error().message().find(line), std::string::npos) << parsed.error().message();
  }
}

}  // namespace
}  // namespace orpheus::text
