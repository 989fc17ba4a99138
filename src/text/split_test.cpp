#include "text/split.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "base/testing/cost.h"
#include "base/utf8.h"

namespace orpheus::text {
namespace {

using Pieces = std::vector<std::string>;

// The texts of the pieces, the first as long as any.
Pieces texts_of_split(std::string_view text, std::string_view language, size_t most) {
  Pieces texts;
  for (Piece& piece : split(text, language, {.most = most, .least_first = most}))
    texts.push_back(std::move(piece.text));
  return texts;
}

std::string without_white_space(std::string_view text) {
  std::string rest;
  std::copy_if(text.begin(), text.end(), std::back_inserter(rest),
               [](char c) { return c != ' ' && c != '\n'; });
  return rest;
}

std::string joined(const Pieces& pieces) {
  std::string text;
  for (const std::string& piece : pieces) text += without_white_space(piece);
  return text;
}

bool has_letter_or_digit(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    UChar32 c = 0;
    U8_NEXT(reinterpret_cast<const uint8_t*>(text.data()), i, text.size(), c);
    if ((U_GET_GC_MASK(c) & (U_GC_L_MASK | U_GC_N_MASK)) != 0) return true;
  }
  return false;
}

// What holds for every text: pieces are whole characters, within bounds, in
// order, and leave nothing to speak out.
void expect_good_pieces(const std::string& text, const Pieces& pieces, size_t max_code_points) {
  size_t from = 0;
  for (const std::string& piece : pieces) {
    ASSERT_FALSE(find_invalid_utf8(piece).has_value());
    ASSERT_LE(count_code_points(piece), max_code_points);
    ASSERT_TRUE(has_letter_or_digit(piece));
    ASSERT_EQ(piece.find('\n'), std::string::npos);
    ASSERT_TRUE(piece.front() != ' ' && piece.back() != ' ');
    const size_t at = text.find(piece, from);
    ASSERT_NE(at, std::string::npos) << piece;
    ASSERT_FALSE(has_letter_or_digit(std::string_view(text).substr(from, at - from)));
    from = at + piece.size();
  }
  ASSERT_FALSE(has_letter_or_digit(std::string_view(text).substr(from)));
}

struct Prose {
  std::string language;
  std::string text;
};
const std::vector<Prose> kProse = {
    {"en",
     "Dr. Smith met Mr. Jones at 3.5 p.m. in St. Louis; he left early. "
     "<laugh> \"Really?\" she "
     "said, "
     "\"but why (of all days) today?\" It cost $1,299.00 — far too much… "
     "<sigh>\n\nA new "
     "paragraph, "
     "then: well-known words, e.g. these ones. Yes!"},
    {"fr",
     "« Où est-il ? » demanda-t-elle. M. Dupont, assis près de la "
     "fenêtre, n'avait rien vu ; il "
     "lisait. Était-ce l'été ? <chuckle> Peut-être."},
    {"de",
     "Prof. Dr. Müller sprach z. B. über Übermut, Maß und Straßen. „Ist "
     "das wahr?“, fragte er. "
     "Am 3. Oktober 1990 war es so weit: Es gab Grund zur Freude."},
    {"es",
     "¿Qué tal? Me llamo Sergio; vivo en Madrid, cerca del parque. ¡Qué "
     "alegría! <resoplido> Fin."},
    {"it",
     "Buongiorno, sono Giulia. Che bella giornata! Perché no? Andiamo, "
     "allora: è tardi."},
    {"ko",
     "안녕하세요. 오늘은 날씨가 참 좋네요, 그렇죠? <작은 웃음> 우리 같이 "
     "산책하러 갈까요! 네, "
     "좋아요."},
    {"hi", "यह पहला वाक्य है। यह दूसरा वाक्य है, और थोड़ा लंबा भी है। क्या तुम सुन रहे हो? हाँ।"},
    {"zh",
     "今天天气很好，我们去公园吧！你觉得怎么样？“好啊。”他说：那里人很多"
     "、花也开了。<嬉笑>走吧。"},
    {"ja",
     "東京都に行きました。とても楽しかったです、本当に！また行きたいです"
     "か？はい。"},
    {"ar", "مرحبا بك، كيف حالك؟ أنا بخير؛ شكرا جزيلا. إلى اللقاء!"},
    {"th", "สวัสดีครับ ผมชื่อสมชาย ยินดีที่ได้รู้จัก วันนี้อากาศดีมาก"},
    {"", "Ek is hier. Waar is jy?"},
};

TEST(Split, PiecesTogetherAreTheTextInEveryLanguage) {
  for (const Prose& prose : kProse) {
    const std::string text = normalise(prose.text).value();
    for (const size_t bound : {1U, 2U, 5U, 9U, 20U, 33U, 60U, 100U, 1000U}) {
      SCOPED_TRACE(prose.language + " " + std::to_string(bound));
      const Pieces pieces = texts_of_split(text, prose.language, bound);
      expect_good_pieces(text, pieces, bound);
      // In shorter ones a sign can stand alone, and is left out.
      if (bound >= 20) {
        EXPECT_EQ(joined(pieces), without_white_space(text));
      }
    }
  }
}

TEST(Split, JoinsShortSentencesAndCutsBetweenThem) {
  const std::string text = "One is here. Two is here. Three is here.";
  EXPECT_EQ(texts_of_split(text, "en", 100), Pieces{text});
  EXPECT_EQ(texts_of_split(text, "en", 25),
            (Pieces{"One is here. Two is here.", "Three is here."}));
  EXPECT_EQ(texts_of_split(text, "en", 24),
            (Pieces{"One is here.", "Two is here.", "Three is here."}));
}

TEST(Split, CutsLongSentencesAtClausesAndThenBetweenWords) {
  EXPECT_EQ(texts_of_split("When it rains, we stay at home and read.", "en", 30),
            (Pieces{"When it rains,", "we stay at home and read."}));
  EXPECT_EQ(texts_of_split("we stay at home and read", "en", 12),
            (Pieces{"we stay at", "home and", "read"}));
  EXPECT_EQ(texts_of_split("abcdefghij", "en", 4), (Pieces{"abcd", "efgh", "ij"}));
}

TEST(Split, PiecesHaveNoMoreWordsThanTheVoiceSpeaksAtOnce) {
  const std::string text = "One two three. Four five, six seven eight nine.\n\nTen eleven.";
  const auto pieces = [&](size_t most_words) {
    Pieces texts;
    for (Piece& piece : split(text, "en", {.most_words = most_words, .least_first = 400}))
      texts.push_back(std::move(piece.text));
    return texts;
  };
  EXPECT_EQ(pieces(0), (Pieces{"One two three. Four five, six seven eight nine.", "Ten eleven."}));
  EXPECT_EQ(pieces(9), pieces(0));
  EXPECT_EQ(pieces(6),
            (Pieces{"One two three.", "Four five, six seven eight nine.", "Ten eleven."}));
  EXPECT_EQ(pieces(5),
            (Pieces{"One two three.", "Four five,", "six seven eight nine.", "Ten eleven."}));
  EXPECT_EQ(pieces(1).size(), 11U);
  EXPECT_EQ(joined(pieces(1)), without_white_space(text));
}

// Guards against: the split loops forever when the limit is within a tag at the start of a piece.
TEST(Split, ABoundOfWordsInsideATagThatBeginsAPieceIsPassed) {
  const auto pieces = [](std::string_view text, size_t most_words) {
    Pieces texts;
    for (Piece& piece : split(text, "en", {.most_words = most_words, .least_first = 400}))
      texts.push_back(std::move(piece.text));
    return texts;
  };
  EXPECT_EQ(pieces("<big laugh> word", 1), (Pieces{"<big", "laugh>", "word"}));
  EXPECT_EQ(pieces("word <big laugh>", 1), (Pieces{"word", "<big", "laugh>"}));
  EXPECT_EQ(pieces("word <big laugh> word", 2), (Pieces{"word", "<big laugh>", "word"}));
}

TEST(WithoutTags, LeavesTheTextAsIfTheyHadNotBeenWritten) {
  EXPECT_EQ(without_tags("Well <sigh> that was close. <laugh>"), "Well that was close. ");
  EXPECT_EQ(without_tags("<laugh> No<gasp>! <yawn> <sigh> Go."), "No! Go.");
  EXPECT_EQ(without_tags("One.\n\n<sigh> Two."), "One.\n\nTwo.");
  EXPECT_EQ(without_tags("3 < 4 > 2, a <b"), "3 < 4 > 2, a <b");
  EXPECT_EQ(without_tags("<laugh>"), "");
  EXPECT_EQ(without_tags(""), "");
}

TEST(Split, SaysWhatEachPieceEndsAt) {
  const PieceLengths lengths{.most = 24, .least_first = 24};
  EXPECT_EQ(split("When it rains, we stay. Then we read this one book.\n\nThe end", "en", lengths),
            (std::vector<Piece>{{"When it rains, we stay.", PieceEnd::kSentence},
                                {"Then we read this one", PieceEnd::kWord},
                                {"book.", PieceEnd::kParagraph},
                                {"The end", PieceEnd::kParagraph}}));
  EXPECT_EQ(split("When it rains, we stay here.", "en", lengths).front(),
            (Piece{"When it rains,", PieceEnd::kClause}));
}

TEST(Split, ALongTextBeginsWithAShortPiece) {
  const std::string text = "Yes. This is short. And this goes on and on. So does this one.";
  const auto first = [&](size_t most, size_t least_first) {
    return split(text, "en", {.most = most, .least_first = least_first}).front().text;
  };
  EXPECT_EQ(first(50, 10), "Yes. This is short.");
  EXPECT_EQ(first(50, 4), "Yes.");
  EXPECT_EQ(first(50, 40), "Yes. This is short. And this goes on and on.");
  EXPECT_EQ(first(50, 1000), "Yes. This is short. And this goes on and on.");
  EXPECT_EQ(first(100, 4), text);  // it fits one piece
  const std::string endless = "and on and on and on and on and on";
  EXPECT_EQ(split(endless, "en", {.most = 20, .least_first = 4}).front().text,
            "and on and on and on");
}

TEST(Split, WhatCannotBeSpokenIsPassedThoughTheFirstPieceMayBeOfAnyLength) {
  const auto pieces = split("! Hi. You", "en", {.most = 4, .least_first = 0});
  ASSERT_EQ(pieces.size(), 2U);
  EXPECT_EQ(pieces.front().text, "Hi.");
  EXPECT_EQ(pieces.back().text, "You");
}

TEST(Split, AbbreviationsEndNoSentence) {
  EXPECT_EQ(texts_of_split("It was late. Dr. Smith and Mr. Jones left.", "en", 32),
            (Pieces{"It was late.", "Dr. Smith and Mr. Jones left."}));
  EXPECT_EQ(texts_of_split("Es war spät. Dr. Müller und Prof. Maier gingen.", "de", 36),
            (Pieces{"Es war spät.", "Dr. Müller und Prof. Maier gingen."}));
}

TEST(Split, KnowsTheSentencesOfScriptsWithoutBlanks) {
  EXPECT_EQ(texts_of_split("今天天气很好。我们去公园吧！好吗？", "zh", 9),
            (Pieces{"今天天气很好。", "我们去公园吧！", "好吗？"}));
  EXPECT_EQ(texts_of_split("今天天气很好，我们去公园吧", "zh", 9),
            (Pieces{"今天天气很好，", "我们去公园吧"}));
  EXPECT_EQ(texts_of_split("यह एक है। यह दो है।", "hi", 10), (Pieces{"यह एक है।", "यह दो है।"}));
  EXPECT_EQ(texts_of_split("東京都に行きました", "ja", 4), (Pieces{"東京都に", "行きま", "した"}));
}

TEST(Split, PiecesStayWithinAParagraph) {
  EXPECT_EQ(texts_of_split("Title\n\nOne. Two.\n\n* * *\n\nThree.", "en", 1000),
            (Pieces{"Title", "One. Two.", "Three."}));
}

TEST(Split, NeverCutsInsideATag) {
  const std::string words = "word word <laugh> word, <작은 웃음> word <sigh>word";
  for (size_t bound = 7; bound < 50; ++bound) {
    for (const std::string& text :
         {words, without_white_space("aa<laugh>bbbbbb<sigh><sigh>c<gasp>")}) {
      for (const std::string& piece : texts_of_split(text, "en", bound)) {
        EXPECT_EQ(std::count(piece.begin(), piece.end(), '<'),
                  std::count(piece.begin(), piece.end(), '>'))
            << piece << " of " << text << " in " << bound;
      }
    }
  }
  // Less-than signs are no tags.
  EXPECT_EQ(texts_of_split("a < b and b > c", "en", 8), (Pieces{"a < b", "and b >", "c"}));
}

TEST(Split, TextWithoutLettersHasNothingToSpeak) {
  for (const char* text : {"", "   ", "\n\n", "...", "*** !!! ---", "😀 👍", "<>", "\u0301\u0301"}) {
    const auto normal = normalise(text);
    ASSERT_TRUE(normal.has_value());
    EXPECT_EQ(texts_of_split(*normal, "en", 100), Pieces()) << text;
  }
  EXPECT_EQ(texts_of_split("<laugh>", "en", 100), Pieces{"<laugh>"});
  EXPECT_EQ(texts_of_split("½ 7", "en", 100), Pieces{"½ 7"});
}

TEST(Split, TakesAnyLanguageCode) {
  for (const char* language : {"", "xx", "en-US", "../../etc/passwd", "\xff\xff", "e\n"})
    EXPECT_EQ(texts_of_split("One. Two.", language, 5), (Pieces{"One.", "Two."})) << language;
}

// Guards against: a piece of slow characters that takes several times as long as one of letters.
TEST(Split, APieceTakesNoLongerThanItsTime) {
  const auto pieces_within = [](std::string_view text, double seconds) {
    Pieces texts;
    for (Piece& piece :
         split(text, "en",
               {.least_first = 1000, .most_seconds = seconds, .seconds_of = [](char32_t c) {
                  return c == U'世' ? 4.0 : c == U' ' ? 0.0 : 1.0;
                }}))
      texts.push_back(std::move(piece.text));
    return texts;
  };
  EXPECT_EQ(pieces_within("one two six", 11), Pieces{"one two six"});
  EXPECT_EQ(pieces_within("one two six", 6), (Pieces{"one two", "six"}));
  EXPECT_EQ(pieces_within("one two six", 5.5), (Pieces{"one", "two", "six"}));
  EXPECT_EQ(pieces_within("one 世世 six", 8), (Pieces{"one", "世世", "six"}));
  EXPECT_EQ(pieces_within("世世世", 8).size(), 2U);
  EXPECT_EQ(pieces_within("世世", 1), (Pieces{"世", "世"})) << "never an endless loop";
  EXPECT_EQ(pieces_within("世世", -2), (Pieces{"世", "世"}));
}

// Runs of one kind are where a search for a boundary could take quadratic time.
TEST(Split, TakesLongTextsOfAnything) {
  for (const std::string_view unit :
       {"a",     "é",   "a\u0301", "\u0301",  "\u0301\u0316", "\u0F73",
        "a ",    "A. ", ".",       ". ",      "\" ",          ", \"",
        "(",     "<",   "<a",      "<laugh>", "世",           "世。",
        "สวัสดี",  "👍",   "👍\u200D", "🇫🇷",      "क\u094D",      "\u0600",
        "a\n\n", "1,"}) {
    std::string text;
    while (text.size() < 300'000) text += unit;
    const auto normal = normalise(text);
    ASSERT_TRUE(normal.has_value()) << unit;
    for (const size_t bound : {7U, 400U, 1'000'000U}) {
      SCOPED_TRACE(std::string(unit) + " " + std::to_string(bound));
      const Pieces pieces = texts_of_split(*normal, "en", bound);
      ASSERT_TRUE(std::all_of(pieces.begin(), pieces.end(), [&](const std::string& piece) {
        return count_code_points(piece) <= bound;
      }));
      EXPECT_EQ(pieces.empty(), !has_letter_or_digit(*normal));
    }
  }
}

// Each piece once looked for the end of its words and sentences as far as the text's end, and each
// end of a sentence for the word before it as far as the text's beginning.
TEST(Split, APieceLooksNoFurtherThanItsLength) {
  for (const std::string_view unit :
       {"per cent ", "word", "No. ", "%", "1,", "\u00e9 ", "一美元。", "a.世。"}) {
    EXPECT_TRUE(grows_in_proportion(256'000, [&](size_t num_bytes) {
      std::string text;
      while (text.size() < num_bytes) text += unit;
      split(text, "en", {.most_words = 25, .most_sentences = 1});
    })) << unit;
  }
}

TEST(Split, GoodPiecesWhateverTheText) {
  const std::vector<std::string> alphabet = {
      "a",      "Word",    " ",      " ",    ". ",     ", ",   "! ",
      "\n\n",   "<laugh>", "<",      ">",    "\"",     "(",    ")",
      "1",      "世",      "。",     "ก",    "\u0301", "👍",    "\u200D",
      "\u0600", "\u1100",  "—",      "한",   "क",      "्",     std::string(1, '\0'),
      "\t",     "…",       "\u2029", "Dr. ", "'",      "\r\n", "\uFEFF",
      "ſ"};
  std::mt19937 random(7);
  for (int round = 0; round < 1000; ++round) {
    std::string text;
    for (auto length = random() % 40; length > 0; --length)
      text += alphabet[random() % alphabet.size()];
    const std::string normal = normalise(text).value();
    const size_t bound = 1 + random() % 12;
    expect_good_pieces(normal, texts_of_split(normal, "en", bound), bound);
    ASSERT_FALSE(HasFatalFailure()) << text << " in " << bound;
  }
}

// The page marks the sentence that is heard: an abbreviation's stop must not end the mark.
TEST(SentenceRanges, AreSentencesAsPiecesAreCut) {
  const auto texts = [](std::string_view text, std::string_view language) {
    Pieces found;
    for (const Range& range : sentence_ranges(text, language))
      found.emplace_back(text.substr(range.begin, range.size()));
    return found;
  };
  EXPECT_EQ(texts("He went to St. Ives. Then home.", "en"),
            (Pieces{"He went to St. Ives.", "Then home."}));
  EXPECT_EQ(texts("He came. <sigh> She left.", "en"), (Pieces{"He came.", "<sigh> She left."}));
  EXPECT_EQ(texts("你好。再见！", "zh"), (Pieces{"你好。", "再见！"}));
  EXPECT_EQ(texts("no stop at all", "en"), (Pieces{"no stop at all"}));
  EXPECT_EQ(texts("", "en"), Pieces());
}

TEST(SentenceRanges, LeaveOutBlanksAlone) {
  std::mt19937 random(3);
  constexpr std::string_view kSigns = "aB .!?<>\",\n";
  for (int round = 0; round < 300; ++round) {
    std::string text;
    for (int i = 0; i < 40; ++i) text += kSigns[random() % kSigns.size()];
    std::string all;
    size_t behind = 0;
    for (const Range& range : sentence_ranges(text, "en")) {
      ASSERT_LE(behind, range.begin);
      ASSERT_LT(range.begin, range.end);
      behind = range.end;
      all += text.substr(range.begin, range.size());
    }
    ASSERT_EQ(without_white_space(all), without_white_space(text)) << text;
  }
}

}  // namespace
}  // namespace orpheus::text
