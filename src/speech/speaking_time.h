#pragma once
// Estimates the time to speak a piece of text. Pure functions.

#include <string_view>

namespace orpheus::speech {

// The time of an average reader, in seconds; at least one.
double usual_seconds(std::string_view piece);

// A bound beyond which no voice still speaks this text: about twice that time, with time for tags,
// for digits that become words, and for scripts with one character for a syllable.
double longest_seconds(std::string_view piece);

}  // namespace orpheus::speech
