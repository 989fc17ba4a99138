// What goes wrong without these: a number read out of the middle of a token, a word that is lost, a
// language whose data broke, and texts that take quadratic time.
#include "text/reading/read.h"

#include <algorithm>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "base/testing/cost.h"
#include "base/utf8.h"
#include "text/reading/language.h"

namespace orpheus::text::reading {
namespace {

Spanned spanned(std::string_view written, std::string_view language) {
  return read(Spanned::verbatim(written), language, {});
}

std::string spoken(std::string_view written, std::string_view language = "en") {
  return spanned(written, language).text();
}

struct Line {
  std::string language;
  int number = 0;
  std::string written;
  std::string said;
};

// tests/data/reading/LANGUAGE.tsv: what is written, a tab, what is said; "# class" begins a class.
std::vector<Line> corpus() {
  std::vector<Line> lines;
  for (const std::string_view language : Language::codes()) {
    const std::string name(language);
    std::ifstream file(std::string(ORPHEUS_TEST_DATA) + "/reading/" + name + ".tsv");
    std::string line;
    for (int number = 1; std::getline(file, line); ++number) {
      const size_t tab = line.find('\t');
      if (tab == std::string::npos) continue;
      lines.push_back({name, number, line.substr(0, tab), line.substr(tab + 1)});
    }
  }
  return lines;
}

// What anything may be made of.
std::string random_text(std::mt19937& random) {
  static const std::vector<std::string> parts = {
      "1",  "12", "3",  "1984", "007",     "5",   "1,234", ".",     ",",  ":", "-",
      "/",  "%",  "$",  "€",    "+",       "'",   "\"",    " ",     " ",  " ", "km",
      "st", "th", "pm", "May",  "No.",     "St.", "v",     "x",     "=",  "@", "a.com",
      "#",  "&",  "²",  "½",    "°",       "C",   "IV",    "the",   "I",  "e", "(",
      ")",  "3",  "年", "个",   "번째",    "वां",  "\n\n",  "Henry", "–",  "~", "million",
      "°C", "１", "٣",  "①",    "<laugh>", "é",   "kWh",   "U.S.",  "10", "."};
  std::string text;
  for (size_t i = random() % 14; i > 0; --i) text += parts[random() % parts.size()];
  return text;
}

void for_code_points(std::string_view text, const auto& visit) {
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    UChar32 c = 0;
    U8_NEXT(reinterpret_cast<const uint8_t*>(text.data()), at, text.size(), c);
    visit(c, begin);
  }
}

bool has_digit(std::string_view text) {
  bool found = false;
  for_code_points(text, [&](UChar32 c, size_t) { found = found || u_isdigit(c) != 0; });
  return found;
}

// The short table of what may be lost: nothing that is a letter or digit. Each one lies in what a
// run stands for, and a run says something.
void expect_nothing_lost(const Spanned& said, std::string_view written, std::string_view language) {
  size_t text = 0;
  Range before;
  std::vector<bool> covered(written.size() + 1);
  for (const Spanned::Run& run : said.runs()) {
    ASSERT_EQ(run.text.begin, text) << written;
    ASSERT_LE(run.origin.end, written.size()) << written;
    ASSERT_GE(run.origin.begin, before.begin) << written;
    ASSERT_GE(run.origin.end, before.end) << written;
    ASSERT_GT(run.text.size(), 0U);
    text = run.text.end;
    before = run.origin;
    for (size_t i = run.origin.begin; i < run.origin.end; ++i) covered[i] = true;
  }
  ASSERT_EQ(text, said.text().size());
  for_code_points(written, [&](UChar32 c, size_t at) {
    const bool counts = (U_GET_GC_MASK(c) & (U_GC_L_MASK | U_GC_N_MASK)) != 0;
    EXPECT_TRUE(!counts || covered[at]) << language << ": byte " << at << " of " << written;
  });
}

TEST(Read, SaysTheCorpus) {
  const std::vector<Line> lines = corpus();
  EXPECT_GE(lines.size(), 600U);
  for (const Line& line : lines) {
    EXPECT_EQ(spoken(line.written, line.language), line.said)
        << line.language << ".tsv:" << line.number;
  }
}

TEST(Read, LosesNothingAndReadsTwiceTheSame) {
  std::mt19937 random(1);
  std::vector<Line> lines = corpus();
  for (const std::string_view language : Language::codes())
    for (int i = 0; i < 1500; ++i)
      lines.push_back({std::string(language), 0, random_text(random), ""});
  for (const Line& line : lines) {
    const Spanned said = spanned(line.written, line.language);
    expect_nothing_lost(said, line.written, line.language);
    EXPECT_FALSE(find_invalid_utf8(said.text()).has_value()) << line.written;
    EXPECT_EQ(spoken(said.text(), line.language), said.text())
        << line.language << ": " << line.written;
    EXPECT_FALSE(has_digit(said.text()))
        << line.language << ": " << line.written << " → " << said.text();
  }
}

TEST(Read, LeavesOtherLanguagesAndTagsAlone) {
  EXPECT_EQ(spoken("3匹の猫", "ja"), "3匹の猫");
  EXPECT_EQ(spoken("5 km", ""), "5 km");
  EXPECT_EQ(spoken("5 km", "units"), "5 km");
  EXPECT_EQ(read(Spanned::verbatim("3匹"), "ja", {.leaves_unread_digits = false}).text(),
            "three匹");
  EXPECT_EQ(spoken("<laugh> 5 </laugh>"), "<laugh> five </laugh>");
  EXPECT_EQ(spoken(""), "");
}

// A new language that needs C++: this one is a file alone, as is its unit of its own.
TEST(Read, ALanguageIsAFile) {
  const auto esperanto = Language::parse("eo", R"(
blank = " "
[numbers]
decimal = ","
groups = ["."]
cardinal = "%count"
point = "komo"
minus = "minus"
rules = '''%count:
0: nul; unu; du; tri; kvar; kvin; ses; sep; ok; naŭ;
10: dek[ >>];
20: <<dek[ >>];
100: cent[ >>];
200: <<cent[ >>];
1000: mil[ >>];
2000: << mil[ >>];
'''
[measure]
percent = "{} procentoj"
[measure.symbols_table]
vk = "walk"
[measure.names_table]
kilometer = "{} kilometro|{} kilometroj"
walk = "{} promeno|{} promenoj"
[money.signs_table]
"₷" = "SML"
[money.names_table]
SML = "spesmilo|spesmiloj"
[abbreviations.words_folded]
"k.t.p." = "kaj tiel plu"
"n-ro" = "#numero"
)");
  ASSERT_TRUE(esperanto.has_value());
  const auto said = [&](std::string_view written) {
    return read(Spanned::verbatim(written), *esperanto, {}).text();
  };
  EXPECT_EQ(said("Mi havas 21, -4 kaj 2.345,7."),
            "Mi havas dudek unu, minus kvar kaj du mil tricent kvardek kvin komo sep.");
  EXPECT_EQ(said("1 km, 30 km, 5%, 2 vk"),
            "unu kilometro, tridek kilometroj, kvin procentoj, du promenoj");
  EXPECT_EQ(said("₷1 aŭ ₷3 k.t.p. ĉe n-ro 7"),
            "unu spesmilo aŭ tri spesmiloj kaj tiel plu ĉe numero sep");
  std::mt19937 random(2);
  for (int i = 0; i < 500; ++i) {
    const std::string written = random_text(random);
    const Spanned once = read(Spanned::verbatim(written), *esperanto, {});
    expect_nothing_lost(once, written, "eo");
    EXPECT_FALSE(has_digit(once.text())) << written << " → " << once.text();
  }
  EXPECT_FALSE(Language::parse("eo", "[numbers").has_value());
  EXPECT_FALSE(Language::parse("eo", "blank = ' '").has_value());
}

// "Il en a 7." was read "septembre": the words of a number and the sentence's stop are together an
// abbreviation.
TEST(Read, AStopBehindANumberChangesNoWord) {
  for (const std::string_view language : Language::codes()) {
    for (int number = 0; number <= 130; ++number) {
      const std::string written = "ab " + std::to_string(number);
      EXPECT_EQ(spoken(written + ".", language), spoken(written, language) + ".") << language;
    }
  }
}

TEST(Read, TellsWhereEachWordIsWritten) {
  const std::string written = "It is $5 at 5:30pm.";
  const Spanned said = spanned(written, "en");
  ASSERT_EQ(said.text(), "It is five dollars at five thirty PM.");
  const auto origin_of = [&](std::string_view word) {
    const size_t at = said.text().find(word);
    const Range range = said.origin({at, at + word.size()});
    return written.substr(range.begin, range.size());
  };
  EXPECT_EQ(origin_of("dollars"), "$5");
  EXPECT_EQ(origin_of("thirty"), "5:30pm");
  EXPECT_EQ(origin_of("at"), "at");
}

TEST(Read, KeepsOriginsThroughSignsThatAreFolded) {
  const std::string written = "１２ ㎞ é";
  const Spanned said = spanned(written, "en");
  ASSERT_EQ(said.text(), "twelve kilometers é");
  const Range range = said.origin({0, said.text().find(" é")});
  EXPECT_EQ(written.substr(range.begin, range.size()), "１２ ㎞");
}

TEST(Read, SpellsAcronymsForAVoiceOfWords) {
  const auto spelled = [](std::string_view text) {
    return read(Spanned::verbatim(text), "en", {.spells_acronyms = true}).text();
  };
  EXPECT_EQ(spelled("The DNA of NASA at 5pm"), "The D N A of NASA at five P M");
  EXPECT_EQ(spelled("I AM HERE"), "I AM HERE");
  EXPECT_EQ(spelled("the USA won"), "the U S A won");
}

// What could be read again and again from every place in it.
constexpr auto kUnits = {
    "1-",    "1.",     "1,111", "1:",    "1/",   "$1",  "1 ",  "-1", "<1", "12345",    "1x",
    "a.",    "A.",     "1e",    "(1",    "+1 ",  "@a",  "a/",  "'1", "I",  "1 1/2 ",   "May 5 ",
    "1+",    "\"1\"",  "x²",    "5 km ", "年1",  "１",  "#",   "a@", "~",  "0.123456", "1h 2m ",
    "Mon-",  "1 000 ", "16.-",  "字",    "10⁻³", "1^2", "1°",  "%",  "[",  "1²",       "1½",
    "1984 ", "$",      "\"1",   "1e5 ",  "第1",  "1월", "(1(", "H₂", "😀"};

void read_long_text(std::string_view unit, size_t num_bytes, const char* language) {
  std::string text;
  while (text.size() < num_bytes) text += unit;
  text += "1x";
  EXPECT_FALSE(find_invalid_utf8(spoken(text, language)).has_value()) << unit;
}

double cost(std::string_view unit, const char* language) {
  return cpu_seconds_of([&] { read_long_text(unit, 8'000, language); });
}

TEST(Read, TakesLongTextsOfAnythingInLinearTime) {
  for (const std::string_view unit : kUnits) {
    for (const char* language : {"en", "de", "zh"}) {
      EXPECT_TRUE(grows_in_proportion(
          16'000, [&](size_t num_bytes) { read_long_text(unit, num_bytes, language); }))
          << language << ": " << unit;
    }
  }
}

// A rule that looks far ahead from each place, or another look-up for each letter: 32 KB of
// anything shall cost what 32 KB of short numbers cost.
TEST(Read, NoTextCostsManyTimesAnother) {
  for (const char* language : {"en", "fr", "hi", "ko"}) {
    for (const std::string_view unit : kUnits) {
      EXPECT_LT(cost(unit, language), 5 * cost("1 ", language) + 0.005) << language << ": " << unit;
    }
  }
}

}  // namespace
}  // namespace orpheus::text::reading
