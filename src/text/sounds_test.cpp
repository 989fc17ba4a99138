#include "text/sounds.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

namespace orpheus::text {
namespace {

// Guards against: a listing of sounds that the reading then takes for words, and a list without its
// usual sounds.
TEST(Sounds, OfEveryLanguageAreSounds) {
  for (const char* language : {"en", "fr", "es", "it", "de", "ko", "zh", "hi"}) {
    const auto sounds = sounds_of(language);
    EXPECT_GE(sounds.size(), 7U) << language;
    for (const std::string_view sound : sounds) EXPECT_TRUE(is_sound(sound)) << sound;
  }
  EXPECT_FALSE(is_sound("Laugh"));
  EXPECT_FALSE(is_sound(""));
}

TEST(Sounds, OfALanguageWithoutAListAreTheEnglishOnes) {
  EXPECT_EQ(sounds_of("en").front(), "laugh");
  EXPECT_EQ(sounds_of("de"), sounds_of("en"));
  for (const auto& [language, own] :
       {std::pair{"fr", "whimper"}, {"es", "resoplido"}, {"it", "gemito"}}) {
    const auto sounds = sounds_of(language);
    EXPECT_EQ(sounds.size(), sounds_of("en").size() + 1) << language;
    EXPECT_EQ(sounds.back(), own);
  }
}

}  // namespace
}  // namespace orpheus::text
