#include "text/reading/number_words.h"

#include <algorithm>
#include <charconv>

#include <unicode/dtfmtsym.h>
#include <unicode/unistr.h>

namespace orpheus::text::reading {
namespace {

constexpr size_t kMostDigits = 15;  // of a number that is said as one

int64_t value_of(std::string_view digits) {
  int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

// The rules mark where long words may be broken.
std::string without_soft_hyphens(const icu::UnicodeString& text) {
  std::string words;
  icu::UnicodeString(text)
      .findAndReplace(icu::UnicodeString(u'\u00AD'), icu::UnicodeString())
      .toUTF8String(words);
  return words;
}

}  // namespace

NumberWords::NumberWords(std::string_view language) : language_(language) {
  UErrorCode status = U_ZERO_ERROR;
  rules_ = std::make_unique<icu::RuleBasedNumberFormat>(icu::URBNF_SPELLOUT,
                                                        icu::Locale(language_.c_str()), status);
  if (U_FAILURE(status)) rules_.reset();
}

std::string NumberWords::spell(int64_t value, const char* rules) const {
  if (!rules_) return std::to_string(value);
  icu::UnicodeString words;
  icu::FieldPosition position;
  UErrorCode status = U_ZERO_ERROR;
  rules_->format(value, icu::UnicodeString(rules), words, position, status);
  return U_SUCCESS(status) ? without_soft_hyphens(words) : std::to_string(value);
}

std::string NumberWords::cardinal(std::string_view digits, Gender gender) const {
  if (digits.size() > kMostDigits) return one_by_one(digits);
  const bool has_genders =
      language_ == "fr" || language_ == "de" || language_ == "es" || language_ == "it";
  const char* rules = "%spellout-numbering";
  if (has_genders && gender == Gender::kMasculine) rules = "%spellout-cardinal-masculine";
  if (has_genders && gender == Gender::kFeminine) rules = "%spellout-cardinal-feminine";
  return spell(value_of(digits), rules);
}

std::string NumberWords::counting(std::string_view digits) const {
  const int64_t value = digits.size() > kMostDigits ? -1 : value_of(digits);
  if (language_ == "ko" && value >= 1 && value < 100)
    return spell(value, "%spellout-cardinal-native-attributive");
  if (language_ == "zh" && value == 2) return "两";
  return cardinal(digits);
}

std::string NumberWords::decimal(std::string_view whole, std::string_view fraction) const {
  if (fraction.empty()) return cardinal(whole);
  // The word between them is what the rules put into "0.1".
  std::string between;
  if (rules_) {
    icu::UnicodeString words;
    icu::FieldPosition position;
    UErrorCode status = U_ZERO_ERROR;
    rules_->format(0.1, icu::UnicodeString("%spellout-numbering"), words, position, status);
    const std::string tenth = without_soft_hyphens(words);
    const std::string zero = cardinal("0");
    const std::string one = cardinal("1");
    if (tenth.size() > zero.size() + one.size())
      between = tenth.substr(zero.size(), tenth.size() - zero.size() - one.size());
  }
  return cardinal(whole) + between + one_by_one(fraction);
}

std::string NumberWords::negative(std::string_view words) const {
  const std::string one = spell(1, "%spellout-numbering");
  const std::string minus_one = spell(-1, "%spellout-numbering");
  const std::string sign =
      minus_one.substr(0, minus_one.size() - std::min(minus_one.size(), one.size()));
  return sign + std::string(words);
}

std::string NumberWords::one_by_one(std::string_view digits) const {
  const bool has_blanks = language_ != "zh" && language_ != "ko";
  std::string words;
  for (const char digit : digits) {
    if (has_blanks && !words.empty()) words += ' ';
    words += spell(digit - '0', "%spellout-numbering");
  }
  const std::string sign = "〇";
  for (size_t at = words.find(sign); at != std::string::npos; at = words.find(sign, at))
    words.replace(at, sign.size(), "零");
  return words;
}

std::string NumberWords::year(std::string_view digits) const {
  if (language_ == "zh") return one_by_one(digits);
  return spell(value_of(digits), "%spellout-numbering-year");
}

std::string NumberWords::ordinal(std::string_view digits, Ordinal form) const {
  if (digits.size() > kMostDigits) return one_by_one(digits);
  const char* rules = "%spellout-ordinal-masculine";
  if (language_ == "en" || language_ == "de" || language_ == "zh") rules = "%spellout-ordinal";
  if (language_ == "ko") rules = "%spellout-ordinal-sinokorean-count";
  const bool has_feminine =
      language_ == "fr" || language_ == "es" || language_ == "it" || language_ == "hi";
  if (has_feminine && form == Ordinal::kFeminine) rules = "%spellout-ordinal-feminine";
  if (language_ == "de" && form == Ordinal::kOblique) rules = "%spellout-ordinal-n";
  return spell(value_of(digits), rules);
}

std::string NumberWords::month(int month) const {
  // Two Korean months drop the end of their number.
  if (language_ == "ko")
    return month == 6 ? "유월" : month == 10 ? "시월" : cardinal(std::to_string(month)) + "월";
  if (language_ == "zh") return cardinal(std::to_string(month)) + "月";
  UErrorCode status = U_ZERO_ERROR;
  const icu::DateFormatSymbols symbols(icu::Locale(language_.c_str()), status);
  int32_t count = 0;
  const icu::UnicodeString* months =
      symbols.getMonths(count, icu::DateFormatSymbols::FORMAT, icu::DateFormatSymbols::WIDE);
  return U_SUCCESS(status) && month >= 1 && month <= count ? without_soft_hyphens(months[month - 1])
                                                           : std::to_string(month);
}

}  // namespace orpheus::text::reading
