#include "base/byte_alphabet.h"

#include <set>

#include <gtest/gtest.h>

namespace orpheus {
namespace {

TEST(ByteAlphabet, SpellsAsGpt2Does) {
  const auto spellings = byte_spellings();
  EXPECT_EQ(spellings['A'], "A");
  EXPECT_EQ(spellings[0], "Ā");
  EXPECT_EQ(spellings[' '], "Ġ");
  EXPECT_EQ(spellings['\n'], "Ċ");
  EXPECT_EQ(spellings[0x7F], "ġ");
  EXPECT_EQ(spellings[0xAD], "Ń");
  EXPECT_EQ(spellings[0xE9], "é");
}

TEST(ByteAlphabet, EveryByteHasASpellingOfItsOwnAndComesBack) {
  const auto spellings = byte_spellings();
  ASSERT_EQ(spellings.size(), 256U);
  EXPECT_EQ(std::set<std::string>(spellings.begin(), spellings.end()).size(), 256U);
  for (size_t byte = 0; byte < spellings.size(); ++byte) {
    EXPECT_EQ(bytes_spelled(spellings[byte]), std::string(1, static_cast<char>(byte)));
  }
  EXPECT_EQ(bytes_spelled("世界"), "世界");
}

}  // namespace
}  // namespace orpheus
