#pragma once
// When a word of a piece is spoken. Plain data; a value may move between threads.

#include <cstdint>
#include <string>
#include <string_view>

#include "text/spanned.h"

namespace orpheus::align {

// Times are samples at this rate: that of the codec.
inline constexpr int kSampleRateHz = 24000;

enum class Source {
  kEstimate,   // from letters, punctuation and the sound's silences
  kAttention,  // from the language model's attention to the text
};

// One word of words_in() (words.h).
struct WordTime {
  std::string word;      // as it is spoken, without punctuation around it: "dollars"
  text::Range text;      // bytes of the piece's spoken text
  text::Range origin;    // bytes of the request's text: the whole written form ("$5") of a word
                         // that was replaced by several
  int64_t begin = 0;     // first sample
  int64_t end = 0;       // behind the last sample; begin <= end
  float confidence = 0;  // 0 … 1: the chance that begin is right within 150 ms
  Source source = Source::kEstimate;
  bool is_remade = false;   // of a further take: an earlier one had a fault
  bool is_missing = false;  // the sound does not have the word; begin == end
  bool operator==(const WordTime&) const = default;
};

// "estimate" or "attention", as outputs name it.
constexpr std::string_view name_of(Source source) {
  return source == Source::kEstimate ? "estimate" : "attention";
}

constexpr double seconds_of(int64_t samples) {
  return static_cast<double>(samples) / kSampleRateHz;
}

}  // namespace orpheus::align
