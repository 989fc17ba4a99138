#pragma once
// The rules: each knows one class of written forms, is given a place where a token begins and says
// how far its form reaches and what is said for it, or nothing. A rule never ends within a token.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "text/reading/language.h"
#include "text/reading/names.h"
#include "text/reading/number.h"
#include "text/reading/number_words.h"
#include "text/reading/scan.h"

namespace orpheus::text::reading {

// A stretch of the text that ends there, and what is said for it.
struct Said {
  size_t end = 0;
  std::string words;
};
using Reading = std::optional<Said>;

// What a rule reads from, for one text.
struct Sources {
  const Scan& scan;
  const Language& language;
  const NumberWords& numbers;
  const Names& names;
};

// Each is in the file of its name, in data/ with its words.
Reading say_electronic(const Sources& from, size_t offset);
Reading say_telephone(const Sources& from, size_t offset);
Reading say_address(const Sources& from, size_t offset);
Reading say_date(const Sources& from, size_t offset);
Reading say_time(const Sources& from, size_t offset);
Reading say_range(const Sources& from, size_t offset);
Reading say_score(const Sources& from, size_t offset);
Reading say_money(const Sources& from, size_t offset);
Reading say_fraction(const Sources& from, size_t offset);
Reading say_ordinal(const Sources& from, size_t offset);
Reading say_decade(const Sources& from, size_t offset);
Reading say_year(const Sources& from, size_t offset);
Reading say_season(const Sources& from, size_t offset);
Reading say_measure(const Sources& from, size_t offset);
Reading say_compound(const Sources& from, size_t offset);
Reading say_math(const Sources& from, size_t offset);
Reading say_version(const Sources& from, size_t offset);
Reading say_cardinal(const Sources& from, size_t offset);
Reading say_roman(const Sources& from, size_t offset);
Reading say_abbreviation(const Sources& from, size_t offset);
Reading say_acronym(const Sources& from, size_t offset);
Reading say_symbol(const Sources& from, size_t offset);
// What no other rule knows, as long as it has a digit: letters stay, digits are said.
Reading say_serial(const Sources& from, size_t offset);

// Whether the stop here, behind a short form ("3 tbsp. sugar"), ends no sentence: small letters
// follow.
bool stop_is_of_word(const Scan& scan, size_t stop);

// A number as it is said alone: with its words for millions, in the words of its context.
struct Amount {
  Number number;
  size_t end = 0;
  std::function<std::string()> words;  // made when asked for: most readings find another form first
  double count = 0;                    // of what is named behind it
  bool is_plain = true;  // false where words are more than the number's own: millions, fractions
};
std::optional<Amount> parse_amount(const Sources& from, size_t offset, std::string_view set);

}  // namespace orpheus::text::reading
