#include "cli/live_feed.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace orpheus::cli {
namespace {

constexpr std::array<size_t, 7> kBurstWords = {1, 12, 3, 8, 1, 20, 5};

std::vector<std::string> words_of(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\n";
  std::vector<std::string> words;
  while (!text.empty()) {
    const size_t begin = text.find_first_not_of(kBlanks);
    if (begin == text.npos) {  // blanks at the end belong to the last word
      if (!words.empty()) words.back() += text;
      break;
    }
    const size_t end = text.find_first_of(kBlanks, begin);
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end);
  }
  return words;
}

std::chrono::microseconds time_of(size_t num_words, double words_per_second) {
  return std::chrono::microseconds(
      static_cast<int64_t>(1e6 * static_cast<double>(num_words) / words_per_second));
}

}  // namespace

std::vector<TimedPart> feed_evenly(std::string_view text, double words_per_second) {
  std::vector<TimedPart> parts;
  for (std::string& word : words_of(text))
    parts.push_back({time_of(parts.size(), words_per_second), std::move(word)});
  return parts;
}

std::vector<TimedPart> feed_in_bursts(std::string_view text, double words_per_second) {
  const std::vector<std::string> words = words_of(text);
  std::vector<TimedPart> parts;
  for (size_t i = 0, burst = 0; i < words.size(); ++burst) {
    std::string part;
    const size_t end = std::min(words.size(), i + kBurstWords[burst % kBurstWords.size()]);
    for (; i < end; ++i) part += words[i];
    // When the last word of the burst would have come evenly.
    parts.push_back({time_of(end - 1, words_per_second), std::move(part)});
  }
  return parts;
}

}  // namespace orpheus::cli
