#include "text/lexicon.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include "base/utf8.h"

namespace orpheus::text {
namespace {

constexpr size_t kMostEntries = 10'000;
constexpr size_t kMostWordBytes = 200;

bool is_of_word(UChar32 c) {
  return c >= 0 && (U_GET_GC_MASK(c) & (U_GC_L_MASK | U_GC_M_MASK | U_GC_N_MASK)) != 0;
}

UChar32 code_point(std::string_view text, size_t offset) {
  UChar32 c = 0;
  if (offset >= text.size()) return 0;
  U8_NEXT(reinterpret_cast<const uint8_t*>(text.data()), offset, text.size(), c);
  return c;
}

// The end of the letters and digits from here on; of one character where there are none.
size_t end_of_word(std::string_view text, size_t offset) {
  size_t end = offset;
  while (end < text.size() && is_of_word(code_point(text, end)))
    U8_FWD_1(reinterpret_cast<const uint8_t*>(text.data()), end, text.size());
  if (end == offset && end < text.size())
    U8_FWD_1(reinterpret_cast<const uint8_t*>(text.data()), end, text.size());
  return end;
}

std::string in_small_letters(std::string_view text) {
  std::string small;
  icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int32_t>(text.size())))
      .foldCase()
      .toUTF8String(small);
  return small;
}

// Bytes of the text that are the word in any capitals; nought where it is another.
size_t length_of(std::string_view text, size_t offset, const Lexicon::Entry& entry) {
  const std::string_view written = entry.written;
  if (text.substr(offset, written.size()) == written) return written.size();
  if (entry.is_exact) return 0;
  size_t at = offset;
  for (size_t i = 0; i < written.size();) {
    UChar32 wanted = 0;
    UChar32 found = 0;
    if (at >= text.size()) return 0;
    U8_NEXT(reinterpret_cast<const uint8_t*>(written.data()), i, written.size(), wanted);
    U8_NEXT(reinterpret_cast<const uint8_t*>(text.data()), at, text.size(), found);
    const bool is_same =
        u_foldCase(wanted, U_FOLD_CASE_DEFAULT) == u_foldCase(found, U_FOLD_CASE_DEFAULT);
    if (!is_same) return 0;
  }
  return at - offset;
}

}  // namespace

Result<void> Lexicon::add(Entry entry) {
  if (entry.written.empty() || entry.written.size() > kMostWordBytes ||
      entry.spoken.size() > kMostWordBytes || find_invalid_utf8(entry.written) ||
      find_invalid_utf8(entry.spoken)) {
    return fail({.kind = ErrorKind::kUsage,
                 .what = "invalid pronunciation",
                 .expected = "a word and its spoken form, at most 200 bytes each",
                 .found = "'" + printable_excerpt(entry.written, 60) + "'"});
  }
  if (entries_.size() == kMostEntries) {
    return fail({.kind = ErrorKind::kLimit,
                 .what = "there are too many pronunciations",
                 .expected = "at most " + std::to_string(kMostEntries)});
  }
  const std::string first =
      in_small_letters(std::string_view(entry.written).substr(0, end_of_word(entry.written, 0)));
  by_first_[first].push_back(entries_.size());
  entries_.push_back(std::move(entry));
  return {};
}

const Lexicon::Entry* Lexicon::longest_at(std::string_view text, size_t offset,
                                          std::string_view language, std::string_view voice,
                                          size_t& length) const {
  const auto candidates =
      by_first_.find(in_small_letters(text.substr(offset, end_of_word(text, offset) - offset)));
  const Entry* best = nullptr;
  length = 0;
  if (candidates == by_first_.end()) return best;
  for (const size_t index : candidates->second) {
    const Entry& entry = entries_[index];
    const bool is_meant = (entry.language.empty() || entry.language == language) &&
                          (entry.voice.empty() || entry.voice == voice);
    const size_t found = is_meant ? length_of(text, offset, entry) : 0;
    if (found == 0 || found < length) continue;
    const size_t end = offset + found;
    const bool goes_on = is_of_word(code_point(entry.written, entry.written.size() - 1)) &&
                         end < text.size() && is_of_word(code_point(text, end));
    if (goes_on) continue;
    best = &entry;
    length = found;
  }
  return best;
}

Spanned Lexicon::apply(const Spanned& normalised, std::string_view language,
                       std::string_view voice) const {
  if (empty()) return normalised;
  const std::string_view text = normalised.text();
  Spanned spoken;
  size_t behind = 0;
  for (size_t at = 0; at < text.size();) {
    size_t length = 0;
    const Entry* entry = longest_at(text, at, language, voice, length);
    if (entry == nullptr) {
      at = end_of_word(text, at);
      continue;
    }
    spoken.append(normalised.slice({behind, at}));
    spoken.append_spoken(entry->spoken, normalised.origin({at, at + length}));
    at += length;
    behind = at;
  }
  spoken.append(normalised.slice({behind, text.size()}));
  return spoken;
}

}  // namespace orpheus::text
