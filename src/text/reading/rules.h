#pragma once
// The rules. Each knows one class of written forms. It gets a place where a token begins and
// returns the form's end and its spoken words, or nothing. A rule never ends within a token.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/reading/language.h"
#include "text/reading/names.h"
#include "text/reading/number.h"
#include "text/reading/number_words.h"
#include "text/reading/scan.h"
#include "text/spanned.h"

namespace orpheus::text::reading {

// The end of a form in the text, and its spoken words.
struct Said {
  size_t end = 0;
  std::string words;
};
using Reading = std::optional<Said>;

struct Sources;

// A written number, with its words for millions. Its words are made on demand: most readings use
// another form.
struct Amount {
  Number number;
  size_t end = 0;
  double count = 0;      // for the form of the following noun
  bool is_plain = true;  // false where words are more than the number's own: millions, fractions

  // In its context's words.
  std::string words(const Sources& from) const;

  std::string_view set;                // the rules for the number's words
  const std::string* scale = nullptr;  // "million"; null: none
  std::string exponent;                // a template for the number, "" without one
  std::string_view above, below;       // of a fraction; `number` is the whole before it, if any
};

// The input of the rules for one text. Belongs to one thread.
struct Sources {
  const Scan& scan;
  const Language& language;
  const NumberWords& numbers;
  const Names& names;
  // Where the text has words that make a number near them a row of digits, in order.
  std::span<const Range> digit_words = {};
  // The last answer of parse_amount(): the rules at one place ask for the same number.
  mutable size_t amount_at = std::string_view::npos;
  mutable std::optional<Amount> amount = {};
  // Where the last row of terms ended that is no sum: none of its later terms begins one.
  mutable size_t end_of_no_sum = 0;
};

// All of these: "zip", "पिन कोड". Found once a text, because each number asks for those near it.
std::vector<Range> find_digit_words(std::string_view text, const Language& language);

// Each rule is in the file of its name; its words are in data/.
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
// The fallback for any other token with a digit: letters stay, digits are spoken.
Reading say_serial(const Sources& from, size_t offset);

constexpr size_t kLongestAddress = 400;  // bytes of an address that is said
// The end of the signs that an address may have, at any length.
size_t end_of_address_run(const Scan& scan, size_t offset);

// Whether the stop here, after a short form ("3 tbsp. sugar"), ends no sentence because small
// letters follow.
bool stop_is_of_word(const Scan& scan, size_t stop);

// set: of the language's rules for numbers; must outlive the amount.
std::optional<Amount> parse_amount(const Sources& from, size_t offset, std::string_view set);

}  // namespace orpheus::text::reading
