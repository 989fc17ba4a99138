#include "speech/speaking_time.h"

#include <algorithm>

#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include "base/utf8.h"

namespace orpheus::speech {
namespace {

constexpr double kLeastSeconds = 1.0;

// The longest time of one character, in seconds. A tag counts as '<' and letters.
constexpr double kLetter = 0.13;
constexpr double kSyllable = 0.45;  // for scripts with characters for syllables or words
constexpr double kDigit = 0.7;
constexpr double kPunctuation = 0.3;
constexpr double kTag = 2.5;

bool is_syllable(UChar32 c) {
  UErrorCode status = U_ZERO_ERROR;
  switch (uscript_getScript(c, &status)) {
    case USCRIPT_HAN:
    case USCRIPT_HANGUL:
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA: return true;
    default: return false;
  }
}

}  // namespace

double usual_seconds(std::string_view piece, double characters_per_second) {
  return std::max(kLeastSeconds,
                  static_cast<double>(count_code_points(piece)) / characters_per_second);
}

double longest_seconds_of(char32_t character) {
  const auto c = static_cast<UChar32>(character);
  if (c == '<') return kTag;
  if (u_charType(c) == U_DECIMAL_DIGIT_NUMBER) return kDigit;
  if (is_syllable(c)) return kSyllable;
  if (u_ispunct(c) != 0) return kPunctuation;
  return kLetter;
}

double longest_seconds(std::string_view piece) {
  double seconds = kLongestStart;
  for (size_t offset = 0; offset < piece.size();) {
    UChar32 c = 0;
    U8_NEXT(reinterpret_cast<const uint8_t*>(piece.data()), offset, piece.size(), c);
    seconds += longest_seconds_of(static_cast<char32_t>(c));
  }
  return seconds;
}

}  // namespace orpheus::speech
