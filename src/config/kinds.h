#pragma once
// The kinds of values of settings: how each is parsed, printed and described. `place` finds the
// member in Settings, const or not: [](auto& s) -> auto& { return s.max_tokens; }. Pure functions;
// for all_settings.cpp only.

#include <chrono>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "base/parse_number.h"
#include "config/setting.h"

namespace orpheus::config {

struct Description {
  std::string name;
  std::string help;
  Exposure exposure = Exposure::kOwner;
  std::string value_name = {};  // empty: the kind's own
  std::string variable = {};    // if it is not ORPHEUS_ and the name
  std::string flag = {};        // if it is not -- and the name
  bool tells_empty = false;     // always true for lists
};

// "max_tokens" → "ORPHEUS_MAX_TOKENS", "--max-tokens".
std::string variable_of(std::string_view name);
std::string flag_of(std::string_view name);

// "a, b" is a and b. Empty entries are dropped.
std::vector<std::string> read_list(std::string_view text, char separator);
std::string joined(const std::vector<std::string>& entries);

// Whether a text has only separators (",", " , "), as "${A},${B}" if neither is set. That is an
// error: an empty list of keys would let everybody in. False for an empty text.
bool holds_only_separators(std::string_view text);

// 1, true, yes, on; 0, false, no, off.
std::optional<bool> read_switch(std::string_view text);

Setting described_by(Description description, std::string value_name);

// The text of an optional number; empty if it has no value.
template <typename Number>
std::string shown_number(const Number& number) {
  return fmt::format("{}", number);
}
template <typename Number>
std::string shown_number(const std::optional<Number>& number) {
  return number ? fmt::format("{}", *number) : "";
}

// Whether a text leaves an optional number empty.
template <typename Number>
bool left_open(Number& /*number*/, const std::string& /*text*/) {
  return false;
}
template <typename Number>
bool left_open(std::optional<Number>& number, const std::string& text) {
  if (text.empty()) number.reset();
  return text.empty();
}

template <std::integral Number, typename Place>
Setting whole_number(Description description, Number low, Number high, Place place) {
  Setting setting = described_by(std::move(description), "N");
  const bool bounded = std::cmp_less(high, INT32_MAX);
  setting.allowed = bounded ? fmt::format("{} to {}", low, high) : fmt::format("{} or more", low);
  setting.expected = fmt::format("a whole number from {} to {}", low, high);
  setting.write = [=](Settings& settings, const std::string& text) {
    if (left_open(place(settings), text)) return true;
    const auto value = parse_number<Number>(text);
    if (!value || *value < low || *value > high) return false;
    place(settings) = *value;
    return true;
  };
  setting.read = [=](const Settings& settings) { return shown_number(place(settings)); };
  return setting;
}

// Of a duration.
template <typename Place>
Setting whole_seconds(Description description, int low, int high, Place place) {
  Setting setting = described_by(std::move(description), "N");
  setting.allowed = fmt::format("{} to {}", low, high);
  setting.expected = "a whole number from " + setting.allowed;
  setting.write = [=](Settings& settings, const std::string& text) {
    const auto value = parse_number<int>(text);
    if (!value || *value < low || *value > high) return false;
    place(settings) = std::chrono::seconds(*value);
    return true;
  };
  setting.read = [=](const Settings& settings) {
    return std::to_string(
        std::chrono::duration_cast<std::chrono::seconds>(place(settings)).count());
  };
  return setting;
}

template <typename Place>
Setting number(Description description, float low, float high, Place place) {
  Setting setting = described_by(std::move(description), "X");
  setting.allowed = fmt::format("{} to {}", low, high);
  setting.expected = "a number from " + setting.allowed;
  setting.write = [=](Settings& settings, const std::string& text) {
    if (left_open(place(settings), text)) return true;
    const auto value = parse_number<float>(text);
    if (!value || !(*value >= low && *value <= high)) return false;
    place(settings) = *value;
    return true;
  };
  setting.read = [=](const Settings& settings) { return shown_number(place(settings)); };
  return setting;
}

template <typename Place>
Setting text(Description description, Place place) {
  Setting setting = described_by(std::move(description), "TEXT");
  setting.expected = "text";
  setting.write = [=](Settings& settings, const std::string& given) {
    place(settings) = given;
    return true;
  };
  setting.read = [=](const Settings& settings) {
    if constexpr (requires { place(settings).string(); }) {
      return place(settings).string();
    } else {
      return std::string(place(settings));
    }
  };
  return setting;
}

template <typename Place>
Setting list(Description description, Place place) {
  Setting setting = described_by(std::move(description), "A,B");
  setting.expected = "a list separated by commas";
  setting.is_list = true;
  setting.tells_empty = true;
  setting.write = [=](Settings& settings, const std::string& given) {
    if (holds_only_separators(given)) return false;
    place(settings) = read_list(given, ',');
    return true;
  };
  setting.read = [=](const Settings& settings) { return joined(place(settings)); };
  return setting;
}

template <typename Place>
Setting path(Description description, Place place) {
  Setting setting = text(std::move(description), place);
  setting.is_path = true;
  return setting;
}

template <typename Place>
Setting paths(Description description, Place place) {
  Setting setting = list(std::move(description), place);
  setting.is_path = true;
  return setting;
}

template <typename Place>
Setting on_or_off(Description description, Place place) {
  Setting setting = described_by(std::move(description), "");
  setting.expected = "1 or 0";
  setting.write = [=](Settings& settings, const std::string& given) {
    const auto value = read_switch(given);
    if (value) place(settings) = *value;
    return value.has_value();
  };
  setting.read = [=](const Settings& settings) { return std::string(place(settings) ? "1" : "0"); };
  return setting;
}

template <typename Value, typename Place>
Setting choice(Description description, std::vector<std::pair<std::string, Value>> choices,
               Place place) {
  Setting setting = described_by(std::move(description), "NAME");
  for (const auto& [name, value] : choices)
    setting.allowed += (setting.allowed.empty() ? "" : ", ") + name;
  setting.expected = "one of " + setting.allowed;
  setting.write = [=](Settings& settings, const std::string& given) {
    for (const auto& [name, value] : choices) {
      if (name != given) continue;
      place(settings) = value;
      return true;
    }
    return false;
  };
  setting.read = [=](const Settings& settings) {
    for (const auto& [name, value] : choices) {
      if (value == place(settings)) return name;
    }
    return std::string();
  };
  return setting;
}

}  // namespace orpheus::config
