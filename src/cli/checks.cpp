#include "cli/checks.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include <spdlog/fmt/fmt.h>

#include "base/parse_number.h"

namespace orpheus::cli {
namespace {

std::string refusal(std::string_view expected, std::string_view found) {
  return fmt::format("expected {}, found '{}'", expected, found);
}

template <typename Number>
CLI::Validator in_range(std::string_view kind, Number low, Number high) {
  const std::string expected = fmt::format("{} from {} to {}", kind, low, high);
  const bool bounded = high < static_cast<Number>(INT32_MAX);
  const std::string range =
      bounded ? fmt::format("{} to {}", low, high) : fmt::format("{} or more", low);
  const auto check = [=](std::string& text) {
    const auto value = parse_number<Number>(text);
    if (!value || *value < low || *value > high) return refusal(expected, text);
    text = fmt::format("{}", *value);  // CLI11 would read 010 as 8
    return std::string();
  };
  return {check, range};
}

}  // namespace

CLI::Validator whole_number(uint64_t low, uint64_t high) {
  return in_range("a whole number", low, high);
}

CLI::Validator number(double low, double high) { return in_range("a number", low, high); }

CLI::Validator one_of(std::vector<std::pair<std::string, int>> numbers_by_name) {
  std::string names;
  for (const auto& entry : numbers_by_name) names += (names.empty() ? "" : ", ") + entry.first;
  const std::string description = names;
  const auto replace = [names = std::move(names),
                        entries = std::move(numbers_by_name)](std::string& text) {
    const auto named = std::find_if(entries.begin(), entries.end(),
                                    [&](const auto& entry) { return entry.first == text; });
    if (named == entries.end()) return refusal("one of " + names, text);
    text = std::to_string(named->second);
    return std::string();
  };
  return {replace, description};
}

}  // namespace orpheus::cli
