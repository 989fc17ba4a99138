#include "text/markup/spell.h"

#include <cstdint>
#include <string>

#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

namespace orpheus::text::markup {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Each letter or digit by itself; letters as capitals, which are read by their names.
Spanned one_by_one(const Spanned& text, bool spells_letters) {
  const std::string_view written = text.text();
  Spanned spelt;
  bool was_alone = false;
  for (size_t at = 0; at < written.size();) {
    const size_t begin = at;
    UChar32 c = 0;
    U8_NEXT(reinterpret_cast<const uint8_t*>(written.data()), at, written.size(), c);
    const Range extent{begin, at};
    const bool is_alone = u_isdigit(c) != 0 || (spells_letters && u_isalpha(c) != 0);
    if (is_alone && was_alone)
      spelt.append_spoken(", ", {text.origin(extent).begin, text.origin(extent).begin});
    if (is_alone && u_islower(c) != 0) {
      std::string capital;
      icu::UnicodeString(c).toUpper().toUTF8String(capital);
      spelt.append_spoken(capital, text.origin(extent));
    } else {
      spelt.append(text.slice(extent));
    }
    was_alone = is_alone;
  }
  return spelt;
}

std::string_view english_suffix(std::string_view digits) {
  const bool is_teen = digits.size() > 1 && digits[digits.size() - 2] == '1';
  switch (is_teen ? '0' : digits.back()) {
    case '1': return "st";
    case '2': return "nd";
    case '3': return "rd";
    default: return "th";
  }
}

}  // namespace

Spanned spelt(const Spanned& text, Reading reading, std::string_view language) {
  if (reading == Reading::kCharacters) return one_by_one(text, true);
  if (reading == Reading::kDigits) return one_by_one(text, false);
  const std::string_view written = text.text();
  const bool is_ordinal = reading == Reading::kOrdinal && language == "en" && !written.empty() &&
                          is_digit(written.back());
  if (!is_ordinal) return text;
  Spanned ordinal = text;
  ordinal.append_spoken(english_suffix(written), text.origin({written.size() - 1, written.size()}));
  return ordinal;
}

}  // namespace orpheus::text::markup
