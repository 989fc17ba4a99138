#pragma once
// Estimates the time to speak a piece of text. Pure functions.

#include <string_view>

namespace orpheus::speech {

// Of a voice whose file does not say. Released voices read 8 to 11 characters a second, pauses
// counted.
inline constexpr double kUsualCharactersPerSecond = 10.0;
// Of a voice of random weights, which ends when this time is over.
inline constexpr double kBabblingCharactersPerSecond = 15.0;

// What a voice of this rate needs, in seconds; never below one.
double usual_seconds(std::string_view piece, double characters_per_second);

// A bound beyond which no voice still speaks this text: about twice that time, with time for tags,
// for digits that become words, and for scripts with one character for a syllable.
double longest_seconds(std::string_view piece);

}  // namespace orpheus::speech
