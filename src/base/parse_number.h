#pragma once
// Parses numbers from outside text. The whole text must be one number, written as in C. Pure
// functions.

#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>
#include <system_error>

namespace orpheus {

// A decimal integer that T can hold: no blanks, no plus sign.
template <std::integral T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  const char* end = text.data() + text.size();
  const auto [stopped, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc() || stopped != end) return std::nullopt;
  return value;
}

// A finite decimal number, with or without an exponent, whatever the process's locale.
std::optional<double> parse_real(std::string_view text);

template <std::floating_point T>
std::optional<T> parse_number(std::string_view text) {
  const auto value = parse_real(text);
  return value ? std::optional(static_cast<T>(*value)) : std::nullopt;
}

}  // namespace orpheus
