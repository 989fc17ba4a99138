#include "text/markup/control.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace orpheus::text::markup {
namespace {

constexpr size_t kMostBracketBytes = 96;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

bool take_suffix(std::string_view& text, std::string_view suffix) {
  if (text.size() < suffix.size() || text.substr(text.size() - suffix.size()) != suffix)
    return false;
  text.remove_suffix(suffix.size());
  return true;
}

// Digits with at most one point; the C locale's, whatever the program's is.
std::optional<double> number(std::string_view text) {
  double value = 0;
  double place = 0;  // of the next digit behind the point
  size_t digits = 0;
  for (const char c : text) {
    if (c == '.' && place == 0) {
      place = 0.1;
    } else if (c >= '0' && c <= '9' && ++digits <= 9) {
      value = place == 0 ? value * 10 + (c - '0') : value + place * (c - '0');
      if (place != 0) place /= 10;
    } else {
      return std::nullopt;
    }
  }
  if (digits == 0) return std::nullopt;
  return value;
}

template <typename T, size_t N>
std::optional<T> named(const std::array<std::pair<std::string_view, T>, N>& names,
                       std::string_view name) {
  for (const auto& [known, value] : names)
    if (known == name) return value;
  return std::nullopt;
}

}  // namespace

std::optional<int64_t> pause_ms(std::string_view length) {
  length = trimmed(length);
  double scale = 1000;
  if (take_suffix(length, "ms"))
    scale = 1;
  else
    take_suffix(length, "s");
  const auto value = number(trimmed(length));
  if (!value) return std::nullopt;
  const auto ms = static_cast<int64_t>(std::llround(*value * scale));
  if (ms > kMostPauseMs) return std::nullopt;
  return ms;
}

std::optional<int64_t> pause_of_strength(std::string_view strength) {
  constexpr std::array<std::pair<std::string_view, int64_t>, 6> kStrengths = {{{"none", 0},
                                                                               {"x-weak", 100},
                                                                               {"weak", 250},
                                                                               {"medium", 500},
                                                                               {"strong", 750},
                                                                               {"x-strong", 1000}}};
  return named(kStrengths, trimmed(strength));
}

std::optional<double> rate_of(std::string_view rate) {
  constexpr std::array<std::pair<std::string_view, double>, 6> kRates = {{{"x-slow", 0.6},
                                                                          {"slow", 0.8},
                                                                          {"medium", 1.0},
                                                                          {"default", 1.0},
                                                                          {"fast", 1.25},
                                                                          {"x-fast", 1.5}}};
  rate = trimmed(rate);
  if (const auto word = named(kRates, rate)) return word;
  const bool is_share = take_suffix(rate, "%");
  double sign = 0;
  if (is_share && !rate.empty() && (rate.front() == '+' || rate.front() == '-')) {
    sign = rate.front() == '+' ? 1 : -1;
    rate.remove_prefix(1);
  }
  auto value = number(rate);
  if (!value) return std::nullopt;
  if (is_share) *value /= 100;
  if (sign != 0) *value = 1 + sign * *value;
  if (*value < kLeastRate || *value > kMostRate) return std::nullopt;
  return value;
}

std::optional<Bracket> scan_bracket(std::string_view input, size_t offset) {
  const std::string_view rest = input.substr(offset, kMostBracketBytes);
  const size_t end = rest.find_first_of("]\n[", 1);
  const size_t colon = rest.find(':');
  if (end == std::string_view::npos || rest[end] != ']' || colon > end) return std::nullopt;
  const Bracket bracket{.name = rest.substr(1, colon - 1),
                        .value = trimmed(rest.substr(colon + 1, end - colon - 1)),
                        .size = end + 1};
  const bool is_known =
      bracket.name == "pause" || bracket.name == "voice" || bracket.name == "rate";
  if (!is_known || bracket.value.empty()) return std::nullopt;
  return bracket;
}

}  // namespace orpheus::text::markup
