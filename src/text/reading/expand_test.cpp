#include "text/reading/expand.h"

#include "base/utf8.h"

#include <gtest/gtest.h>

namespace orpheus::text::reading {
namespace {

struct Example {
  const char* language;
  const char* written;
  const char* spoken;
};

class Expand : public ::testing::TestWithParam<Example> {};

TEST_P(Expand, SaysWhatIsWritten) {
  const auto& [language, written, spoken] = GetParam();
  EXPECT_EQ(expand(written, language).text(), spoken);
}

INSTANTIATE_TEST_SUITE_P(
    English, Expand,
    ::testing::Values(
        Example{"en", "I have 3 cats.", "I have three cats."},
        Example{"en", "It is -5 outside, 3.14 is pi.",
                "It is minus five outside, three point one four is pi."},
        Example{"en", "1,234,567 people",
                "one million two hundred thirty-four thousand five hundred sixty-seven people"},
        Example{"en", "in 1984 and 2024", "in nineteen eighty-four and twenty twenty-four"},
        Example{"en", "It cost $1,299.00, not $0.99.",
                "It cost one thousand two hundred ninety-nine dollars, not ninety-nine cents."},
        Example{"en", "$1 or £2.50 or $1.5 million",
                "one dollar or two pounds fifty pence or one point five million dollars"},
        Example{"en", "50% of 5 km at 20 °C",
                "fifty percent of five kilometers at twenty degrees Celsius"},
        Example{"en", "the 1st, 2nd and 21st", "the first, second and twenty-first"},
        Example{"en", "at 3:05 pm, 14:30 or 5:00",
                "at three oh five pm, fourteen thirty or five o'clock"},
        Example{"en", "on 3/15/2024 or 2024-03-15.",
                "on March fifteenth, twenty twenty-four or March fifteenth, twenty twenty-four."},
        Example{"en", "pages 10-20", "pages ten to twenty"},
        Example{"en", "call 555-0123 or 0049123",
                "call five five five, zero one two three or zero zero four nine one two three"},
        Example{"en", "version 1.2.3", "version one point two point three"},
        Example{"en", "12345678901234567890",
                "one two three four five six seven eight nine zero one two three four five six "
                "seven eight nine zero"},
        Example{"en", "5kg and 1kg", "five kilograms and one kilogram"}));

INSTANTIATE_TEST_SUITE_P(WhatStays, Expand,
                         ::testing::Values(Example{"en", "MP3, B2B, 4K and x264",
                                                   "MP3, B2B, 4K and x264"},
                                           Example{"en", "see https://a.b/c?d=5 or a1@b2.com",
                                                   "see https://a.b/c?d=5 or a1@b2.com"},
                                           Example{"en", "<tag 5> five", "<tag 5> five"},
                                           Example{"en", "1/2, 24/7 #5", "1/2, 24/7 #5"},
                                           Example{"ja", "3匹", "3匹"}, Example{"", "5", "5"}));

INSTANTIATE_TEST_SUITE_P(
    OtherLanguages, Expand,
    ::testing::Values(
        Example{"fr", "Il y a 71 pages et 3,5 km.",
                "Il y a soixante-et-onze pages et trois virgule cinq kilomètres."},
        Example{"fr", "le 1er mai, la 2e fois, 12,50 €",
                "le premier mai, la deuxième fois, douze euros cinquante centimes"},
        Example{"fr", "le 01/03/2024 à 14:30",
                "le premier mars deux mille vingt-quatre à quatorze heures trente"},
        Example{"de", "Am 3. Oktober 1990, der 3. Oktober",
                "Am dritten Oktober neunzehnhundertneunzig, der dritte Oktober"},
        Example{"de", "1.234,50 € um 14:30 Uhr",
                "eintausendzweihundertvierunddreißig Euro fünfzig Cent um vierzehn Uhr dreißig"},
        Example{"de", "1 km, am 15.03.2024",
                "ein Kilometer, am fünfzehnten März zweitausendvierundzwanzig"},
        Example{"es", "21 km por 1 £ y 20 %",
                "veintiún kilómetros por una libra y veinte por ciento"},
        Example{"es", "el 15/03/2024", "el quince de marzo de dos mil veinticuatro"},
        Example{"it", "2 milioni di euro, 1 €, 8º", "due milioni di euro, un euro, ottavo"},
        Example{"ko", "사과 3개, 2024년 6월", "사과 세개, 이천이십사년 육월"},
        Example{"ko", "2024.6.5에 50%", "이천이십사년 유월 오일에 오십 퍼센트"},
        Example{"hi", "5 किताबें, ₹20", "पाँच किताबें, बीस रुपये"},
        Example{"zh", "2024年3月15日有2个人，50%", "二零二四年三月十五日有两个人，百分之五十"},
        Example{"zh", "¥12.50", "十二元五十分"}));

TEST(ExpandAnyText, LeavesWholeCharactersAndNoDigitWhereOnlyNumbersStand) {
  for (const char* language : {"en", "fr", "de", "es", "it", "ko", "hi", "zh"}) {
    for (int value = 0; value < 3000; value += 7) {
      const std::string spoken = expand("x " + std::to_string(value) + " y", language).text();
      EXPECT_EQ(spoken.find_first_of("0123456789"), std::string::npos) << spoken;
      EXPECT_FALSE(find_invalid_utf8(spoken).has_value());
      EXPECT_EQ(spoken.find("\u00AD"), std::string::npos);
    }
  }
}

// What could be read again and again from every place in it.
TEST(ExpandAnyText, TakesLongTextsOfAnything) {
  for (const std::string_view unit :
       {"1-", "1.", "1,111", "1:", "1/", "$1", "1 ", "-1", "<1", "12345"}) {
    std::string text;
    while (text.size() < 30'000) text += unit;
    text += "1x";
    for (const char* language : {"en", "de"})
      EXPECT_FALSE(find_invalid_utf8(expand(text, language).text()).has_value()) << unit;
  }
}

}  // namespace
}  // namespace orpheus::text::reading
