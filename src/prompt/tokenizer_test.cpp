#include "prompt/tokenizer.h"

#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "base/byte_alphabet.h"

namespace orpheus::prompt {
namespace {

// A vocabulary that owns its strings: the 256 bytes in order, then the tokens that a test adds.
class VocabularyBuilder {
 public:
  VocabularyBuilder() {
    for (std::string& spelling : byte_spellings()) add(std::move(spelling));
  }
  Token add(std::string spelling, Vocabulary::Kind kind = Vocabulary::Kind::kNormal) {
    tokens_.push_back(std::move(spelling));
    kinds_.push_back(kind);
    return static_cast<Token>(tokens_.size() - 1);
  }
  void add_merge(std::string merge) { merges_.push_back(std::move(merge)); }

  Vocabulary build() const {
    return {.tokens = {tokens_.begin(), tokens_.end()},
            .kinds = kinds_,
            .merges = {merges_.begin(), merges_.end()}};
  }
  Tokenizer tokenizer() const { return std::move(Tokenizer::create(build()).value()); }

 private:
  std::vector<std::string> tokens_;
  std::vector<Vocabulary::Kind> kinds_;
  std::vector<std::string> merges_;
};

std::vector<Token> bytes(std::string_view text) {
  std::vector<Token> tokens;
  for (const char c : text) tokens.push_back(static_cast<uint8_t>(c));
  return tokens;
}

std::string decode(const Tokenizer& tokenizer, const std::vector<Token>& tokens) {
  std::string text;
  for (const Token token : tokens) text += tokenizer.text_of(token);
  return text;
}

TEST(Tokenizer, WithoutMergesTextIsItsBytes) {
  VocabularyBuilder builder;
  builder.add("ab");  // a token that no merge makes
  const Tokenizer tokenizer = builder.tokenizer();
  const std::string all_ascii = [] {
    std::string text;
    for (char c = 0; c < 127; ++c) text += c;
    return text;
  }();
  for (const std::string& text : {all_ascii, std::string("ab"),
                                  std::string("naïve 世界\r\n\t 👨‍👩‍👧  ٣٤٥")}) {
    EXPECT_EQ(tokenizer.encode(text), bytes(text));
    EXPECT_EQ(decode(tokenizer, bytes(text)), text);
  }
}

TEST(Tokenizer, MergesTheLowestRankFirstAndThenTheLeftmost) {
  VocabularyBuilder builder;
  const Token bc = builder.add("bc");
  const Token ab = builder.add("ab");
  const Token aa = builder.add("aa");
  for (const char* merge : {"b c", "a b", "a a"}) builder.add_merge(merge);
  const Tokenizer tokenizer = builder.tokenizer();
  EXPECT_EQ(tokenizer.encode("abc"), (std::vector<Token>{'a', bc}));
  EXPECT_EQ(tokenizer.encode("aaa"), (std::vector<Token>{aa, 'a'}));
  EXPECT_EQ(tokenizer.encode("aaab"), (std::vector<Token>{aa, ab}));
}

TEST(Tokenizer, OfTwoEqualMergesTheFirstCounts) {
  VocabularyBuilder builder;
  const Token ab = builder.add("ab");
  builder.add("bc");
  for (const char* merge : {"a b", "b c", "a b"}) builder.add_merge(merge);
  EXPECT_EQ(builder.tokenizer().encode("abc"), (std::vector<Token>{ab, 'c'}));
}

TEST(Tokenizer, MergesThroughWhatIsNoTokenAndFallsBackToBytes) {
  VocabularyBuilder builder;
  const Token abc = builder.add("Ġabc");
  for (const char* merge : {"a b", "ab c", "Ġ abc", "x y"}) builder.add_merge(merge);
  const Tokenizer tokenizer = builder.tokenizer();
  EXPECT_EQ(tokenizer.encode(" abcab xy"), (std::vector<Token>{abc, 'a', 'b', ' ', 'x', 'y'}));
}

TEST(Tokenizer, AWordThatIsATokenStaysWhole) {
  VocabularyBuilder builder;
  const Token word = builder.add("Ġword");
  builder.add_merge("w o");  // leads nowhere near it
  EXPECT_EQ(builder.tokenizer().encode("a word"), (std::vector<Token>{'a', word}));
}

TEST(Tokenizer, SpecialTokensAreFoundOnlyWhenAskedFor) {
  VocabularyBuilder builder;
  const Token one = builder.add("<custom_token_1>", Vocabulary::Kind::kControl);
  const Token ten = builder.add("<custom_token_10>", Vocabulary::Kind::kUserDefined);
  const Token x = builder.add("<x", Vocabulary::Kind::kControl);
  const Token longer = builder.add("<x<x>", Vocabulary::Kind::kControl);
  builder.add("", Vocabulary::Kind::kControl);
  const Tokenizer tokenizer = builder.tokenizer();
  const std::string text = "a<custom_token_10><custom_token_1<custom_token_1> <x<x<x>";
  EXPECT_EQ(tokenizer.encode(text), bytes(text));

  std::vector<Token> expected = {'a', ten};
  for (const Token token : bytes("<custom_token_1")) expected.push_back(token);
  for (const Token token : {one, Token{' '}, x, longer}) expected.push_back(token);
  EXPECT_EQ(tokenizer.encode(text, SpecialTokens::kParse), expected);
  EXPECT_EQ(decode(tokenizer, expected), text);
}

TEST(Tokenizer, UnknownIdsHaveNoText) {
  VocabularyBuilder builder;
  builder.add_merge("a b");  // "ab" is known inside, but is no token
  const Tokenizer tokenizer = builder.tokenizer();
  for (const Token token :
       {-1, 256, 257, std::numeric_limits<Token>::min(), std::numeric_limits<Token>::max()})
    EXPECT_EQ(tokenizer.text_of(token), "");
}

TEST(Tokenizer, RefusesTextThatIsNotUtf8AndNamesTheByte) {
  const Tokenizer tokenizer = VocabularyBuilder().tokenizer();
  const auto tokens = tokenizer.encode("abc\xff");
  ASSERT_FALSE(tokens.has_value());
  EXPECT_EQ(tokens.error().kind, ErrorKind::kUsage);
  EXPECT_NE(tokens.error().what.find("byte 3"), std::string::npos);
}

TEST(Tokenizer, EmptyTextHasNoTokens) {
  const Tokenizer tokenizer = VocabularyBuilder().tokenizer();
  EXPECT_EQ(tokenizer.encode(""), std::vector<Token>());
  EXPECT_EQ(tokenizer.encode({}, SpecialTokens::kParse), std::vector<Token>());
}

TEST(Tokenizer, RefusesBrokenVocabularies) {
  const auto error_of = [](const Vocabulary& vocabulary) {
    const auto tokenizer = Tokenizer::create(vocabulary);
    EXPECT_FALSE(tokenizer.has_value());
    return tokenizer ? Error{} : tokenizer.error();
  };
  EXPECT_EQ(error_of({}).kind, ErrorKind::kBadFile);

  const VocabularyBuilder builder;
  Vocabulary kinds_missing = builder.build();
  kinds_missing.kinds.pop_back();
  EXPECT_NE(error_of(kinds_missing).message().find("expected 256 kinds, found 255"),
            std::string::npos);

  Vocabulary byte_missing = builder.build();
  byte_missing.tokens[10] = "x";
  EXPECT_NE(error_of(byte_missing).what.find("0x0A"), std::string::npos);

  for (const char* merge : {"", " ", "ab", "a ", " b"}) {
    Vocabulary merge_broken = builder.build();
    merge_broken.merges = {"a b", merge};
    EXPECT_NE(error_of(merge_broken).what.find("merge 1"), std::string::npos) << merge;
  }
}

// Long runs of one kind of character are where splitting and merging could take quadratic time:
// then this test would not end within its time.
TEST(Tokenizer, TakesAMegabyteOfAnything) {
  VocabularyBuilder builder;
  for (std::string run : {"a", "Ġ"}) {
    const size_t unit = run.size();
    for (; run.size() < 64 * unit; run += run) {
      builder.add(run + run);
      builder.add_merge(run + " " + run);
    }
  }
  const Tokenizer tokenizer = builder.tokenizer();
  const auto repeated = [](std::string_view unit) {
    std::string text;
    while (text.size() < 1'000'000) text += unit;
    return text;
  };
  for (const std::string_view unit : {"a", " ", "\n", " \n", " a", "👍", "👍🏽\u200D", "é",
                                      "\u0301", "'s", "1", "<", "<|", "世", "\u3000", "  a"}) {
    for (const std::string& text : {repeated(unit), repeated(unit) + "z"}) {
      const auto tokens = tokenizer.encode(text, SpecialTokens::kParse);
      ASSERT_TRUE(tokens.has_value()) << unit << ": " << tokens.error().message();
      EXPECT_EQ(decode(tokenizer, *tokens), text) << unit;
    }
  }
}

TEST(Tokenizer, TokensSpellTheTextWhateverItIs) {
  VocabularyBuilder builder;
  for (const char* merge : {"a b", "ab c", "Ġ a", "c c", "cc cc", "Ã ¤"}) {
    builder.add_merge(merge);
    std::string token = merge;
    builder.add(token.erase(token.find(' '), 1));
  }
  const Tokenizer tokenizer = builder.tokenizer();
  const std::vector<std::string> alphabet = {"a",      "b",
                                             "c",      " ",
                                             "\n",     "\r",
                                             "\t",     "1",
                                             "9",      "'",
                                             "s",      "LL",
                                             ".",      "-",
                                             "ä",      "ſ",
                                             "世",     "👍",
                                             "½",      "\v",
                                             "\f",     std::string(1, '\0'),
                                             "\u0085", "\u00A0",
                                             "\u2028", "\uFEFF"};
  std::mt19937 random(20);
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (auto length = random() % 20; length > 0; --length)
      text += alphabet[random() % alphabet.size()];
    const auto tokens = tokenizer.encode(text);
    ASSERT_TRUE(tokens.has_value());
    ASSERT_EQ(decode(tokenizer, *tokens), text);
  }
}

}  // namespace
}  // namespace orpheus::prompt
