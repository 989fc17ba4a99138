#include "http/heard.h"

#include <algorithm>
#include <utility>

#include "speech/speaking_time.h"

namespace orpheus::http {
namespace {

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

}  // namespace

void Heard::begin_piece(double start_s, text::Spanned text) {
  const std::lock_guard lock(mutex_);
  pieces_.push_back({.start_s = start_s, .text = std::move(text)});
}

void Heard::end(double end_s) {
  const std::lock_guard lock(mutex_);
  end_s_ = end_s;
}

bool Heard::has_ended() const {
  const std::lock_guard lock(mutex_);
  return end_s_.has_value();
}

void Heard::add_words(std::span<const align::WordTime> words, double speed) {
  const std::lock_guard lock(mutex_);
  if (pieces_.empty()) return;
  for (const align::WordTime& word : words) {
    pieces_.back().words.push_back({.start_s = align::seconds_of(word.begin) / speed,
                                    .end_s = align::seconds_of(word.end) / speed,
                                    .text = word.text});
  }
}

Heard::Place Heard::place_at(double seconds) const {
  const auto behind = std::partition_point(
      pieces_.begin(), pieces_.end(), [&](const Piece& piece) { return piece.start_s <= seconds; });
  if (behind == pieces_.begin()) return {};
  const Piece& piece = *(behind - 1);
  const std::string& spoken = piece.text.text();
  const double end_s = behind != pieces_.end()
                           ? behind->start_s
                           : end_s_.value_or(piece.start_s + speech::usual_seconds(spoken, rate_));
  if (seconds >= end_s || spoken.empty()) return {&piece, {spoken.size(), spoken.size()}};
  const auto next = std::partition_point(piece.words.begin(), piece.words.end(),
                                         [&](const Word& word) { return word.start_s <= seconds; });
  if (next != piece.words.begin() && seconds < (next - 1)->end_s) return {&piece, (next - 1)->text};
  if (next != piece.words.end()) {  // a pause
    const size_t at = next == piece.words.begin() ? 0 : (next - 1)->text.end;
    return {&piece, {at, at}};
  }
  // Nothing is known of what follows the last word.
  const double begin_s = piece.words.empty() ? piece.start_s : piece.words.back().end_s;
  const size_t before = piece.words.empty() ? 0 : piece.words.back().text.end;
  if (before >= spoken.size() || begin_s >= end_s) return {&piece, {before, before}};
  const double share = (seconds - begin_s) / (end_s - begin_s);
  auto begin = before + static_cast<size_t>(share * static_cast<double>(spoken.size() - before));
  begin = std::min(begin, spoken.size() - 1);
  while (begin > before && continues_character(spoken[begin])) --begin;
  size_t end = begin + 1;
  while (end < spoken.size() && continues_character(spoken[end])) ++end;
  return {&piece, {begin, end}};
}

text::Range Heard::at(double seconds) const {
  const std::lock_guard lock(mutex_);
  const Place place = place_at(seconds);
  if (place.piece == nullptr) return {};
  const text::Spanned& text = place.piece->text;
  const size_t length = text.text().size();
  if (place.text.size() == 0) {
    // The end of what was heard.
    if (place.text.begin == 0) return text.origin({0, 0});
    const size_t end = text.origin({place.text.begin - 1, place.text.begin}).end;
    return {end, end};
  }
  const text::Range origin = text.origin(place.text);
  // Blanks that were added have no place of their own; what follows them has.
  return origin.size() > 0 || place.text.end == length
             ? origin
             : text.origin({place.text.end, place.text.end + 1});
}

std::string Heard::word_at(double seconds) const {
  const std::lock_guard lock(mutex_);
  const Place place = place_at(seconds);
  if (place.piece == nullptr || place.text.end == 0) return {};
  const std::string& spoken = place.piece->text.text();
  const auto& words = place.piece->words;
  const auto next = std::partition_point(words.begin(), words.end(), [&](const Word& word) {
    return word.text.begin < place.text.end;
  });
  if (next != words.begin() && place.text.begin <= (next - 1)->text.end)
    return spoken.substr((next - 1)->text.begin, (next - 1)->text.size());
  // The character's word, without the punctuation around it.
  constexpr std::string_view kAround = " \n.,;:!?\"()";
  const size_t last = spoken.find_last_not_of(kAround, place.text.begin);
  if (last == spoken.npos) return {};
  const size_t before = spoken.find_last_of(" \n", last);
  const size_t begin = before == spoken.npos ? 0 : before + 1;
  const std::string word = spoken.substr(begin, spoken.find_first_of(" \n", begin) - begin);
  const size_t first = word.find_first_not_of(kAround);
  return word.substr(first, word.find_last_not_of(kAround) + 1 - first);
}

}  // namespace orpheus::http
