#pragma once
// Rows of a text and the attention of a voice that speaks them, for tests: as a model with good
// heads gives it, with noise, sinks and faults as a test asks for.

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "align/shares.h"
#include "align/text_rows.h"
#include "align/track.h"
#include "lm/language_model.h"

namespace orpheus::align::testing {

// A row for each byte, and the one behind the text. Words stand between blanks.
inline std::vector<TextRow> rows_of_letters(std::string_view text) {
  std::vector<TextRow> rows;
  int word = -1;
  bool is_within = false;
  for (const char c : text) {
    const bool is_letter = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (is_letter && !is_within) ++word;
    is_within = is_letter;
    rows.push_back(is_letter ? TextRow{.word = word, .num_letters = 1} : TextRow{});
  }
  rows.push_back({});
  return rows;
}

// A row for each word with the blank before it, and the one behind the text, as large vocabularies
// divide usual words.
inline std::vector<TextRow> rows_of_words(std::string_view text) {
  std::vector<TextRow> rows;
  for (const TextRow& letter : rows_of_letters(text)) {
    if (letter.word < 0) continue;
    if (rows.empty() || rows.back().word != letter.word)
      rows.push_back({.word = letter.word, .num_letters = 0});
    ++rows.back().num_letters;
  }
  rows.push_back({});
  return rows;
}

// The row of each half frame of a voice that speaks every word once: halves_per_letter as 1/2s.
inline std::vector<int> spoken_once(const std::vector<TextRow>& rows, int half_halves = 3) {
  std::vector<int> spoken;
  int left = 0;
  for (size_t row = 0; row < rows.size(); ++row) {
    left += rows[row].num_letters * half_halves;
    for (; left >= 2; left -= 2) spoken.push_back(static_cast<int>(row));
  }
  for (int rest = 0; rest < 4; ++rest) spoken.push_back(static_cast<int>(rows.size()) - 1);
  if (spoken.size() % 2 == 1) spoken.push_back(spoken.back());
  return spoken;
}

// The half frames of a word: begin and end in `spoken`.
inline std::pair<size_t, size_t> halves_of_word(const std::vector<TextRow>& rows,
                                                const std::vector<int>& spoken, int word) {
  const auto is_of_word = [&](int row) { return rows[static_cast<size_t>(row)].word == word; };
  const auto begin = std::find_if(spoken.begin(), spoken.end(), is_of_word);
  const auto end = std::find_if_not(begin, spoken.end(), is_of_word);
  return {static_cast<size_t>(begin - spoken.begin()), static_cast<size_t>(end - spoken.begin())};
}

class Random {
 public:
  explicit Random(uint32_t seed) : state_(seed) {}
  int below(int bound) {
    state_ = state_ * 1664525U + 1013904223U;
    return static_cast<int>((static_cast<uint64_t>(state_ >> 8U) * static_cast<uint64_t>(bound)) >>
                            24U);
  }

 private:
  uint32_t state_;
};

struct Attention {
  double sharpness = 0.8;  // the share of the row that is spoken
  double sink = 0;         // the share of the rows `sinks`, together
  std::vector<int> sinks = {};
  uint32_t seed = 1;  // of the noise, which has the rest
};

inline Shares shares_at(int row, size_t num_rows, const Attention& attention, Random& random) {
  std::vector<double> noise(num_rows);
  double sum = 0;
  for (double& part : noise) {
    const double x = random.below(1000) / 1000.0;
    part = x * x * x * x;  // few rows have most of it
    sum += part;
  }
  const double rest = 1 - attention.sharpness - attention.sink;
  Shares shares(num_rows);
  for (size_t i = 0; i < num_rows; ++i)
    shares[i] = static_cast<int32_t>(kWhole * rest * noise[i] / std::max(sum, 1e-9));
  shares[static_cast<size_t>(row)] += static_cast<int32_t>(kWhole * attention.sharpness);
  for (const int sink : attention.sinks) {
    shares[static_cast<size_t>(sink)] +=
        static_cast<int32_t>(kWhole * attention.sink / static_cast<double>(attention.sinks.size()));
  }
  return shares;
}

// The same as the attention of all half frames.
inline std::vector<Shares> shares_of(const std::vector<int>& spoken, size_t num_rows,
                                     const Attention& attention = {}) {
  Random random(attention.seed);
  std::vector<Shares> shares;
  shares.reserve(spoken.size());
  for (const int row : spoken) shares.push_back(shares_at(row, num_rows, attention, random));
  return shares;
}

// As frames. `spoken` has an even number of half frames. surprise: of each half frame.
inline std::vector<FrameEvidence> evidence_of(const std::vector<int>& spoken, size_t num_rows,
                                              const Attention& attention = {},
                                              int32_t surprise = 2 * kNat) {
  std::vector<FrameEvidence> frames;
  const std::vector<Shares> shares = shares_of(spoken, num_rows, attention);
  for (size_t half = 0; half + 1 < shares.size(); half += 2)
    frames.push_back(
        {.shares = {shares[half], shares[half + 1]}, .surprise = {surprise, surprise}});
  return frames;
}

}  // namespace orpheus::align::testing
