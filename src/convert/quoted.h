#pragma once
// Names out of a file of unknown origin, made fit for a message. A pure function.

#include <string>
#include <string_view>

namespace orpheus::convert {

// 'name', with ? for what is not printable ASCII; a long one is cut.
inline std::string quoted(std::string_view name) {
  constexpr size_t kMaxBytes = 100;
  std::string text = "'";
  for (const char c : name.substr(0, kMaxBytes)) text += c >= ' ' && c <= '~' ? c : '?';
  return text + (name.size() > kMaxBytes ? "…'" : "'");
}

}  // namespace orpheus::convert
