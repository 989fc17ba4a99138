#include <string>

#include <gtest/gtest.h>

#include "base/utf8.h"
#include "text/split.h"

namespace orpheus::text {
namespace {

using namespace std::string_literals;

TEST(Normalise, ComposesCharacters) {
  EXPECT_EQ(normalise("cafe\u0301"), "café");
  EXPECT_EQ(normalise("\u1112\u1161\u11AB"), "한");
  EXPECT_EQ(normalise("e\uFEFF\u0301"), "é");  // what stood between goes first
}

TEST(Normalise, TakesOutWhatHasNoSound) {
  EXPECT_EQ(normalise("\uFEFFa\0b\x01\x7F\u0080c\u00AD\uFFFDd"s), "abcd");
  EXPECT_EQ(normalise("👨\u200D👩 क\u094D\u200Dष"),
            "👨\u200D👩 क\u094D\u200Dष");  // joiners shape letters
}

TEST(Normalise, FoldsWhiteSpaceAndKeepsParagraphs) {
  EXPECT_EQ(normalise("  a \t b\u00A0\u3000c\n"), "a b c");
  EXPECT_EQ(normalise("a\nb\r\nc\rd\u2028e\u0085f\vg\fh"), "a b c d e f g h");
  for (const char* paragraph :
       {"a\n\nb", "a\r\n\r\nb", "a \n \t\n\n\n b", "a\u2029b", "a\r\rb", "a\n\uFEFF\nb"})
    EXPECT_EQ(normalise(paragraph), "a\n\nb");
  EXPECT_EQ(normalise("\n\n a \n\n"), "a");
  EXPECT_EQ(normalise(" \n\t"), "");
  EXPECT_EQ(normalise(""), "");
}

TEST(Normalise, IsItsOwnFixedPoint) {
  for (const char* text :
       {"a \n\n b", "Zoë\u0323\u0301 ｆｕｌｌ １２ ﬁ", "한 世界 ½ …", "\u212B\u2126 x\u0344"}) {
    const std::string once = normalise(text).value();
    EXPECT_EQ(normalise(once), once);
  }
}

TEST(Normalise, RefusesWhatIsNotUtf8AndNamesTheByte) {
  for (const char* text : {"ab\xFF", "ab\xC0\xAF", "ab\xED\xA0\x80", "ab\xE4\xB8"}) {
    const auto normal = normalise(text);
    ASSERT_FALSE(normal.has_value());
    EXPECT_EQ(normal.error().kind, ErrorKind::kUsage);
    EXPECT_NE(normal.error().what.find("byte 2"), std::string::npos);
  }
}

// Sorting a long run of marks by class would take a quadratic time; 30 are more than any script
// has.
TEST(Normalise, KeepsThirtyMarksOnALetter) {
  std::string marks;
  for (int i = 0; i < 200'000; ++i) marks += i % 2 == 0 ? "\u0301" : "\u0316";
  const auto normal = normalise("q" + marks + "q" + marks);
  ASSERT_TRUE(normal.has_value());
  EXPECT_EQ(count_code_points(*normal), 62U);
}

}  // namespace
}  // namespace orpheus::text
