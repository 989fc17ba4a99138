#pragma once
// Numbers as a language says them, by ICU's spell-out rules. Belongs to one thread.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <unicode/rbnf.h>

#include "text/reading/spoken_forms.h"

namespace orpheus::text::reading {

class NumberWords {
 public:
  // ISO 639-1, one of those that spoken_forms() knows.
  explicit NumberWords(std::string_view language);

  // digits: 0-9 only, any length; past fifteen they are said one by one.
  std::string cardinal(std::string_view digits, Gender gender = Gender::kNone) const;
  // The form that a counter wants: 세 (개) for 3, 两 (个) for 2.
  std::string counting(std::string_view digits) const;
  // fraction may be empty.
  std::string decimal(std::string_view whole, std::string_view fraction) const;
  std::string negative(std::string_view words) const;
  std::string one_by_one(std::string_view digits) const;
  std::string year(std::string_view digits) const;

  enum class Ordinal { kPlain, kFeminine, kOblique };  // oblique: German after "am", "dem", …
  std::string ordinal(std::string_view digits, Ordinal form = Ordinal::kPlain) const;

  std::string month(int month) const;  // 1 … 12

 private:
  std::string spell(int64_t value, const char* rules) const;

  std::string language_;
  std::unique_ptr<icu::RuleBasedNumberFormat> rules_;  // null where ICU has no data
};

}  // namespace orpheus::text::reading
