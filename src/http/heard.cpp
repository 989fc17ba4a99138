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

text::Range Heard::at(double seconds) const {
  const std::lock_guard lock(mutex_);
  const auto behind = std::partition_point(
      pieces_.begin(), pieces_.end(), [&](const Piece& piece) { return piece.start_s <= seconds; });
  if (behind == pieces_.begin()) return {};
  const Piece& piece = *(behind - 1);
  const std::string& spoken = piece.text.text();
  const double end_s = behind != pieces_.end()
                           ? behind->start_s
                           : end_s_.value_or(piece.start_s + speech::usual_seconds(spoken, rate_));
  const size_t origin_end = piece.text.origin({0, spoken.size()}).end;
  if (seconds >= end_s || spoken.empty()) return {origin_end, origin_end};
  const double share = (seconds - piece.start_s) / (end_s - piece.start_s);
  auto begin =
      std::min(static_cast<size_t>(share * static_cast<double>(spoken.size())), spoken.size() - 1);
  while (begin > 0 && continues_character(spoken[begin])) --begin;
  size_t end = begin + 1;
  while (end < spoken.size() && continues_character(spoken[end])) ++end;
  const text::Range origin = piece.text.origin({begin, end});
  // Blanks that were added have no place of their own; what follows them has.
  return origin.size() > 0 || end == spoken.size() ? origin : piece.text.origin({end, end + 1});
}

}  // namespace orpheus::http
