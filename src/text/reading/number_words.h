#pragma once
// A language's words for numbers, by ICU's spell-out rules and by rules in the language's data, in
// the same notation (RBNF). Constant once made: from any thread.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <unicode/rbnf.h>

#include "text/reading/language.h"
#include "text/reading/number.h"

namespace orpheus::text::reading {

class NumberWords {
 public:
  explicit NumberWords(const Language& language);

  // The name of a set of rules at numbers.NAME of the language's data, or "cardinal" where the
  // language has none of that name; "each" there says digits one by one.
  // digits: 0-9 only, any length; past what the rules know they are said one by one.
  std::string say(std::string_view digits, std::string_view set = "cardinal") const;
  std::string one_by_one(std::string_view digits) const;
  // "three point one four"
  std::string say(const Number& number, std::string_view set = "cardinal") const;
  std::string negative(std::string_view words) const;
  // Joins words in the language's way.
  std::string join(std::string_view left, std::string_view right) const;

  // The suffix with which ICU writes this ordinal in digits: "st" of 21 in English.
  std::string written_ordinal(std::string_view digits) const;

 private:
  struct RuleSet {
    icu::UnicodeString name;
    const icu::RuleBasedNumberFormat* rules = nullptr;  // null: digits
    bool is_each = false;                               // says digits one by one
    std::vector<std::string> low;                       // words of 0, 1, 2 …
  };
  RuleSet make_set(const std::string& name) const;
  const RuleSet& set_of(std::string_view use) const;
  static std::string spell(int64_t value, const RuleSet& set);
  std::string fraction(std::string_view digits) const;

  const Language& language_;
  size_t most_digits_ = 15;  // of a number that is spoken as one
  std::unique_ptr<icu::RuleBasedNumberFormat> icu_rules_;
  std::unique_ptr<icu::RuleBasedNumberFormat> own_rules_;  // null: ICU's rules only
  std::vector<std::string> own_sets_;
  KeyedValues<RuleSet> sets_;  // by their use: "cardinal", "year"
  std::unique_ptr<icu::RuleBasedNumberFormat> written_ordinals_;
};

}  // namespace orpheus::text::reading
