#pragma once
// Estimates the time to speak a piece of text. Pure functions.

#include <string_view>

namespace orpheus::speech {

// The default if a voice's file does not give its speed. Released voices read 8 to 11 characters a
// second, with pauses.
inline constexpr double kUsualCharactersPerSecond = 10.0;
// For a voice of random weights, which is stopped after this time.
inline constexpr double kBabblingCharactersPerSecond = 15.0;

// The seconds that a voice of this speed needs; at least 1.
double usual_seconds(std::string_view piece, double characters_per_second);

// A time within which every voice speaks this text: about twice the usual time, with time for tags,
// for digits that become words, and for writing with one character per syllable.
double longest_seconds(std::string_view piece);
// It is kLongestStart and the sum of this over the characters.
double longest_seconds_of(char32_t character);
inline constexpr double kLongestStart = 3.0;

}  // namespace orpheus::speech
