#pragma once
// Estimates the time to speak a piece of text. Pure functions.

#include <string_view>

namespace orpheus::speech {

// The time of an average reader, in seconds; at least one.
double usual_seconds(std::string_view piece);

// An upper bound: about twice that time, with time for every tag, for digits that are read as
// words, and for scripts with one character for a syllable. A voice that takes longer no longer
// speaks this text.
double longest_seconds(std::string_view piece);

}  // namespace orpheus::speech
