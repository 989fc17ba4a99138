#pragma once
// Parses controls of a text: lengths of pauses and rates of speech. Pure; from any
// thread.

#include <cstdint>
#include <optional>
#include <string_view>

namespace orpheus::text::markup {

inline constexpr int64_t kMostPauseMs = 60'000;  // of one pause
inline constexpr double kLeastRate = 0.5;
inline constexpr double kMostRate = 2.0;

// Parses "1.5s", "500ms", "2" (seconds). Nothing if it is not a length, or longer than
// kMostPauseMs.
std::optional<int64_t> pause_ms(std::string_view length);
// SSML's words for the strength of a pause: none, x-weak, weak, medium, strong, x-strong.
std::optional<int64_t> pause_of_strength(std::string_view strength);
// "120%", "+20%", "-10%", "1.2", "slow", "x-fast": kLeastRate to kMostRate.
std::optional<double> rate_of(std::string_view rate);

// A control in brackets: [pause:1.5s], [voice:leo], [rate:1.2].
struct Bracket {
  std::string_view name;
  std::string_view value;
  size_t size = 0;  // with its brackets
};
// The one that begins with the "[" at this offset.
std::optional<Bracket> scan_bracket(std::string_view input, size_t offset);

}  // namespace orpheus::text::markup
