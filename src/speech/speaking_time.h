#pragma once
// How long speaking a piece of text takes. Pure functions.

#include <string_view>

namespace orpheus::speech {

// What an even reader needs, in seconds; never below one.
double usual_seconds(std::string_view piece);

// What no voice exceeds that still speaks this text: about twice as long, with time for every tag,
// for digits that are read as words, and for scripts that write a syllable with one character.
double longest_seconds(std::string_view piece);

}  // namespace orpheus::speech
