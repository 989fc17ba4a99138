#include "align/words.h"

#include <cstdint>
#include <memory>
#include <string>

#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utext.h>
#include <unicode/utf8.h>

namespace orpheus::align {
namespace {

struct Character {
  UChar32 code = 0;
  size_t end = 0;  // byte offset behind it
};

Character character_at(std::string_view text, size_t offset) {
  Character found{.end = offset};
  U8_NEXT(reinterpret_cast<const uint8_t*>(text.data()), found.end, text.size(), found.code);
  return found;
}

bool is_of_word(UChar32 c) {
  switch (u_charType(c)) {
    case U_NON_SPACING_MARK:
    case U_COMBINING_SPACING_MARK:
    case U_ENCLOSING_MARK:
    case U_FORMAT_CHAR: return true;  // joiners within Indic words
    default: return c >= 0 && u_isalnum(c) != 0;
  }
}

// Signs that belong to a word if a letter or digit is on each side.
bool joins(UChar32 c) {
  switch (c) {
    case '\'':
    case 0x2019:  // ’
    case '-':
    case 0x2010:  // hyphen
    case 0x2011:  // non-breaking hyphen
    case '.':
    case ',':
    case ':':
    case '&':
    case '@':
    case '_': return true;
    default: return false;
  }
}

bool is_written_without_blanks(UChar32 c) {
  UErrorCode status = U_ZERO_ERROR;
  switch (uscript_getScript(c, &status)) {
    case USCRIPT_HAN:
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA:
    case USCRIPT_BOPOMOFO:
    case USCRIPT_THAI:
    case USCRIPT_LAO:
    case USCRIPT_KHMER:
    case USCRIPT_MYANMAR: return true;
    default: return false;
  }
}

// The end of a tag that begins here: "<laugh>"; 0: there is none.
size_t end_of_tag(std::string_view text, size_t begin) {
  const size_t end = text.find_first_of("<> \n", begin + 1);
  return end != text.npos && text[end] == '>' && end > begin + 1 ? end + 1 : 0;
}

struct Run {
  text::Range range;
  bool has_blanks = true;  // between its words, as its script is written
};

// The word that begins at this letter or digit.
Run run_from(std::string_view text, size_t begin) {
  Run run{.range = {begin, begin}};
  while (run.range.end < text.size()) {
    const Character next = character_at(text, run.range.end);
    if (is_of_word(next.code)) {
      run.has_blanks = run.has_blanks && !is_written_without_blanks(next.code);
      run.range.end = next.end;
      continue;
    }
    if (!joins(next.code) || next.end == text.size()) break;
    const Character behind = character_at(text, next.end);
    if (!is_of_word(behind.code)) break;
    run.range.end = next.end;
  }
  return run;
}

// Appends the words of a run by ICU's dictionaries.
void divide(std::string_view text, text::Range run, std::string_view language,
            std::vector<text::Range>& words) {
  UErrorCode status = U_ZERO_ERROR;
  const std::string locale(language);
  const std::unique_ptr<UBreakIterator, decltype(&ubrk_close)> breaks(
      ubrk_open(UBRK_WORD, locale.c_str(), nullptr, 0, &status), ubrk_close);
  const std::string_view part = text.substr(run.begin, run.size());
  UText bytes = UTEXT_INITIALIZER;
  utext_openUTF8(&bytes, part.data(), static_cast<int64_t>(part.size()), &status);
  ubrk_setUText(breaks.get(), &bytes, &status);
  if (U_FAILURE(status) != 0) {
    words.push_back(run);
  } else {
    int32_t begin = ubrk_first(breaks.get());
    for (int32_t end = ubrk_next(breaks.get()); end != UBRK_DONE; end = ubrk_next(breaks.get())) {
      if (is_of_word(character_at(part, static_cast<size_t>(begin)).code))
        words.push_back(
            {run.begin + static_cast<size_t>(begin), run.begin + static_cast<size_t>(end)});
      begin = end;
    }
  }
  utext_close(&bytes);
}

}  // namespace

std::vector<text::Word> words_in(const text::Spanned& spoken, std::string_view language) {
  const std::string_view text = spoken.text();
  std::vector<text::Range> ranges;
  for (size_t offset = 0; offset < text.size();) {
    const Character next = character_at(text, offset);
    if (const size_t end = next.code == '<' ? end_of_tag(text, offset) : 0; end > 0) {
      ranges.push_back({offset, end});
      offset = end;
    } else if (next.code >= 0 && u_isalnum(next.code) != 0) {
      const Run run = run_from(text, offset);
      if (run.has_blanks)
        ranges.push_back(run.range);
      else
        divide(text, run.range, language, ranges);
      offset = run.range.end;
    } else {
      offset = next.end;
    }
  }
  std::vector<text::Word> words;
  words.reserve(ranges.size());
  for (const text::Range& range : ranges)
    words.push_back({.text = range, .origin = spoken.origin(range)});
  return words;
}

}  // namespace orpheus::align
