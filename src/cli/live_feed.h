#pragma once
// A text as it arrives from a language model, in parts with times. Pure functions.

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace orpheus::cli {

struct TimedPart {
  std::chrono::microseconds at{0};  // from the begin
  std::string text;                 // words, each with the blanks before it
};

// One word after the other, evenly.
std::vector<TimedPart> feed_evenly(std::string_view text, double words_per_second);

// Bursts of 1 to 20 words, as they come over a network, with pauses between them. Each word comes
// no earlier than evenly.
std::vector<TimedPart> feed_in_bursts(std::string_view text, double words_per_second);

}  // namespace orpheus::cli
