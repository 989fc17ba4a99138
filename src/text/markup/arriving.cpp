#include "text/markup/arriving.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"

namespace orpheus::text::markup {
namespace {

constexpr std::string_view kBlanks = " \n\t\r\f\v";

// Bytes at the end that may be the beginning of a character.
size_t num_unfinished(std::string_view text) {
  for (size_t count = 1; count <= std::min<size_t>(3, text.size()); ++count) {
    const auto byte = static_cast<unsigned char>(text[text.size() - count]);
    if ((byte & 0xC0U) == 0x80U) continue;
    if (byte >= 0xF5U) return 0;
    const size_t size = byte >= 0xF0U ? 4 : byte >= 0xE0U ? 3 : byte >= 0xC0U ? 2 : 1;
    return size > count ? count : 0;
  }
  return 0;
}

// The end of a stretch that is cut because nothing more has come.
PieceEnd end_of(std::string_view text) {
  const size_t last = text.find_last_not_of(kBlanks);
  const std::string_view blanks = text.substr(last + 1);
  const auto num_newlines = std::count(blanks.begin(), blanks.end(), '\n');
  if (num_newlines > 0) return num_newlines > 1 ? PieceEnd::kParagraph : PieceEnd::kSentence;
  const std::string_view word = text.substr(0, last + 1);
  const size_t sign = word.find_last_not_of("\"')]*_`");
  const char c = sign == word.npos ? ' ' : word[sign];
  if (c == ',' || c == ';' || c == ':') return PieceEnd::kClause;
  return c == '.' || c == '!' || c == '?' ? PieceEnd::kSentence : PieceEnd::kWord;
}

Error not_utf8(size_t offset) {
  return {.kind = ErrorKind::kUsage,
          .what = "the text is not UTF-8: invalid byte at offset " + std::to_string(offset),
          .expected = "UTF-8"};
}

}  // namespace

Result<void> Arriving::append(std::string_view part, Time now) {
  if (part.empty()) return {};
  std::string bytes = std::exchange(unfinished_, {});
  bytes += part;
  unfinished_ = bytes.substr(bytes.size() - num_unfinished(bytes));
  bytes.resize(bytes.size() - unfinished_.size());
  if (const auto invalid = find_invalid_utf8(bytes)) return fail(not_utf8(num_bytes() + *invalid));
  pending_ += bytes;
  last_ = now;
  find_cuts();
  return {};
}

void Arriving::find_cuts() {
  if (!cuts_early()) return;
  while (const auto found = finder_.find(pending_)) cut(*found);
  ends_here_ = finder_.ends_here(pending_);
}

void Arriving::cut(Cut cut) {
  ready_.push_back({.text = pending_.substr(0, cut.offset), .begin = begin_, .end = cut.end});
  pending_.erase(0, cut.offset);
  begin_ += cut.offset;
  finder_.restart();
}

void Arriving::flush() {
  if (!has_words()) return;
  const size_t end = finder_.unsaid_from().value_or(pending_.size());
  cut({.offset = end, .end = end_of(std::string_view(pending_).substr(0, end))});
  find_cuts();  // reads an open thought again
}

Result<void> Arriving::end() {
  if (!unfinished_.empty()) return fail(not_utf8(num_bytes()));
  if (pending_.find_first_not_of(kBlanks) != pending_.npos)
    cut({.offset = pending_.size(), .end = PieceEnd::kParagraph});
  return {};
}

// Whether something can be cut, up to an open thought.
bool Arriving::has_words() const {
  const size_t end = finder_.unsaid_from().value_or(pending_.size());
  return std::string_view(pending_).substr(0, end).find_first_not_of(kBlanks) != pending_.npos;
}

std::optional<Arriving::Time> Arriving::due() const {
  if (!cuts_early() || !last_ || !has_words()) return std::nullopt;
  return *last_ + (ends_here_ ? options_.pause : options_.patience);
}

void Arriving::tick(Time now) {
  const auto when = due();
  if (when && *when <= now) flush();
}

std::optional<Stretch> Arriving::next() {
  if (ready_.empty()) return std::nullopt;
  Stretch stretch = std::move(ready_.front());
  ready_.pop_front();
  return stretch;
}

}  // namespace orpheus::text::markup
