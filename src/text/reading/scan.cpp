#include "text/reading/scan.h"

#include <algorithm>

#include <unicode/bytestream.h>
#include <unicode/casemap.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

namespace orpheus::text::reading {
namespace {

bool is_joined_script(UChar32 c) {
  if (c < 0x0E00) return false;
  UErrorCode status = U_ZERO_ERROR;
  switch (uscript_getScript(c, &status)) {
    case USCRIPT_HAN:
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA:
    case USCRIPT_HANGUL:
    case USCRIPT_BOPOMOFO:
    case USCRIPT_THAI:
    case USCRIPT_LAO:
    case USCRIPT_KHMER:
    case USCRIPT_MYANMAR: return true;
    default: return false;
  }
}

constexpr std::string_view kJoiningSigns = ".,:'-/+_@&%#$=\\";

}  // namespace

char32_t Scan::wide_code(size_t offset) const {
  UChar32 c = 0;
  U8_NEXT(reinterpret_cast<const uint8_t*>(text_.data()), offset, text_.size(), c);
  return c < 0 ? 0xFFFD : static_cast<char32_t>(c);
}

size_t Scan::end_of_wide(size_t offset) const {
  U8_FWD_1(reinterpret_cast<const uint8_t*>(text_.data()), offset, text_.size());
  return offset;
}

size_t Scan::begin_of_wide(size_t end) const {
  auto start = static_cast<int32_t>(end);  // a text is far shorter than 2 GiB
  U8_BACK_1(reinterpret_cast<const uint8_t*>(text_.data()), 0, start);
  return static_cast<size_t>(start);
}

CharKind Scan::wide_kind(size_t offset) const {
  const char32_t c = wide_code(offset);
  const auto point = static_cast<UChar32>(c);
  if (c == U'º' || c == U'ª') return CharKind::kOther;  // ordinal signs
  if ((U_GET_GC_MASK(point) & (U_GC_L_MASK | U_GC_M_MASK)) == 0) return CharKind::kOther;
  return is_joined_script(point) ? CharKind::kJoined : CharKind::kLetter;
}

bool Scan::is_upper(size_t offset) const {
  if (is_ascii(offset)) return at(offset) >= 'A' && at(offset) <= 'Z';
  return u_isUUppercase(static_cast<UChar32>(code(offset))) != 0;
}

size_t Scan::end_of_digits(size_t offset) const {
  while (is_digit(offset)) ++offset;
  return offset;
}

size_t Scan::end_of_letters(size_t offset) const {
  while (is_letter(offset)) offset = next(offset);
  return offset;
}

size_t Scan::end_of_chunk(size_t offset) const {
  return std::min(text_.find_first_of(" \n", offset), text_.size());
}

bool Scan::joins(size_t offset) const {
  const char sign = at(offset);
  if (kJoiningSigns.find(sign) == std::string_view::npos || sign == '\0') return false;
  if (offset == 0 || !is_word(offset + 1)) return false;
  const CharKind before = kind(previous(offset));
  if (before != CharKind::kDigit && before != CharKind::kLetter) return false;
  const CharKind after = kind(offset + 1);
  const bool between_digits = before == CharKind::kDigit && after == CharKind::kDigit;
  return sign != ',' && sign != ':' ? true : between_digits;
}

bool Scan::starts_token(size_t offset) const {
  if (offset == 0) return true;
  const size_t before = previous(offset);
  if (is_word(offset) && is_word(before)) return false;
  return !joins(before) && !joins(offset);
}

bool Scan::ends_token(size_t offset) const {
  if (is_word(offset)) return false;
  if (offset > 0 && (has(offset, "'s") || has(offset, "’s"))) {
    const size_t after = offset + (at(offset) == '\'' ? 2 : std::string_view("’s").size());
    if (!is_word(after)) return true;
  }
  return !joins(offset);
}

size_t Scan::end_of_token(size_t offset) const {
  do offset = next(offset);
  while (offset < size() && (is_word(offset) || joins(offset)));
  return offset;
}

std::string_view Scan::word_before(size_t offset) const {
  if (asked_ == offset) return word_before_;
  size_t end = offset;
  if (end > 0 && at(end - 1) == ' ') --end;
  size_t begin = end;
  // Longer than any word that a rule asks for: a text without blanks is not read again and again.
  constexpr size_t kMostBytes = 64;
  const size_t least = end > kMostBytes ? end - kMostBytes : 0;
  while (begin > least && text_[begin - 1] != ' ' && text_[begin - 1] != '\n') --begin;
  while (begin < end && (static_cast<unsigned char>(text_[begin]) & 0xC0U) == 0x80U) ++begin;
  while (begin < end && !is_word(begin) && kind(begin) != CharKind::kJoined) begin = next(begin);
  while (end > begin && !is_word(previous(end)) && kind(previous(end)) != CharKind::kJoined)
    end = previous(end);
  asked_ = offset;
  word_before_ = part(begin, end);
  return word_before_;
}

std::string_view Scan::word_after(size_t offset) const {
  offset = skip_blank(offset);
  return part(offset, end_of_letters(offset));
}

bool Scan::starts_paragraph(size_t offset) const { return offset == 0 || at(offset - 1) == '\n'; }

bool Scan::ends_paragraph(size_t offset) const { return offset >= size() || at(offset) == '\n'; }

std::string lower(std::string_view text) {
  const bool is_ascii =
      std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
  std::string folded(text);
  if (is_ascii) {
    for (char& c : folded)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    return folded;
  }
  folded.clear();
  icu::StringByteSink<std::string> sink(&folded);
  UErrorCode status = U_ZERO_ERROR;
  icu::CaseMap::utf8ToLower("", 0, icu::StringPiece(text.data(), static_cast<int32_t>(text.size())),
                            sink, nullptr, status);
  return U_SUCCESS(status) ? folded : std::string(text);
}

std::string lower_ahead(const Scan& scan, size_t offset, size_t most_bytes) {
  if (offset >= scan.size()) return "";
  size_t end = std::min(scan.size(), offset + most_bytes);
  while (end < scan.size() && (static_cast<unsigned char>(scan.at(end)) & 0xC0U) == 0x80U) --end;
  std::string folded = lower(scan.part(offset, end));
  return folded.size() == end - offset ? folded : "";
}

}  // namespace orpheus::text::reading
