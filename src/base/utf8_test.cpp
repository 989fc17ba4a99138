#include "base/utf8.h"

#include <string>

#include <gtest/gtest.h>

namespace orpheus {
namespace {

TEST(Utf8, FindsTheFirstIllFormedByte) {
  EXPECT_EQ(find_invalid_utf8(""), std::nullopt);
  EXPECT_EQ(find_invalid_utf8("naïve 世界 👨‍👩‍👧"), std::nullopt);
  EXPECT_EQ(find_invalid_utf8("ab\xff"), 2U);
  EXPECT_EQ(find_invalid_utf8("a\xc0\xaf"), 1U);         // overlong
  EXPECT_EQ(find_invalid_utf8("\xed\xa0\x80"), 0U);      // surrogate
  EXPECT_EQ(find_invalid_utf8("\xf5\x80\x80\x80"), 0U);  // past U+10FFFF
  EXPECT_EQ(find_invalid_utf8("abc\xe4\xb8"), 3U);       // cut short
}

// Guards against: the check of eight bytes at once misses an invalid byte.
TEST(Utf8, FindsAnIllFormedByteAtEveryPlace) {
  for (size_t size = 1; size <= 40; ++size) {
    for (size_t place = 0; place < size; ++place) {
      std::string text(size, 'a');
      text[place] = static_cast<char>(0x80);
      EXPECT_EQ(find_invalid_utf8(text), place) << size;
      text[place] = static_cast<char>(0xE4);  // begins three bytes
      EXPECT_EQ(find_invalid_utf8(text), place) << size;
    }
    EXPECT_EQ(find_invalid_utf8(std::string(size, 'a') + "世" + std::string(size, '~')),
              std::nullopt);
  }
}

TEST(Utf8, WhatIsPrintableIsOneLineWithoutControls) {
  EXPECT_EQ(printable("naïve 世界 👧"), "naïve 世界 👧");
  EXPECT_EQ(printable("a\nb\x1b[31mc\x7f"), "a\uFFFDb\uFFFD[31mc\uFFFD");
  EXPECT_EQ(printable("\u0085\u2028\u2029"), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(printable("a\xff"
                      "b\xe4\xb8"),
            "a\uFFFDb\uFFFD");
}

// Guards against: messages with half a character, or with U+FFFD for a line end.
TEST(Utf8, AnExcerptIsOneLineOfWholeCharacters) {
  EXPECT_EQ(printable_excerpt("naïve 世界", 20), "naïve 世界");
  EXPECT_EQ(printable_excerpt("\n Input is bad \r\n\tBytes: 0xE9\n", 40),
            "Input is bad Bytes: 0xE9");
  EXPECT_EQ(printable_excerpt("", 9), "");
  EXPECT_EQ(printable_excerpt("abc", 0), "…");
  EXPECT_EQ(whole_characters("a世", 3), "a");
  EXPECT_EQ(whole_characters("a世", 4), "a世");
  const std::string text =
      "a世👧 é\x1b\nb\xff"
      "cd";
  for (size_t most = 0; most < 30; ++most) {
    const std::string shown = printable_excerpt(text, most);
    EXPECT_FALSE(find_invalid_utf8(shown).has_value()) << most;
    EXPECT_EQ(shown.find('\n'), std::string::npos);
    const std::string whole = printable_excerpt(text, 99);
    EXPECT_TRUE(shown == whole || whole.starts_with(shown.substr(0, shown.size() - 3))) << shown;
  }
}

TEST(Utf8, ATextFromOutsideIsCheckedForItsLengthAndItsForm) {
  EXPECT_TRUE(check_text("naïve", 6).has_value());
  EXPECT_EQ(check_text("naïve", 5).error().kind, ErrorKind::kLimit);
  const Error invalid = check_text("ab\xff", 6).error();
  EXPECT_EQ(invalid.kind, ErrorKind::kUsage);
  EXPECT_NE(invalid.message().find("byte 2"), std::string::npos);
}

TEST(Utf8, CountsCodePoints) {
  EXPECT_EQ(count_code_points(""), 0U);
  EXPECT_EQ(count_code_points("a世👧"), 3U);
}

}  // namespace
}  // namespace orpheus
