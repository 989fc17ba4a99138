#include "text/reading/number_words.h"

#include <algorithm>
#include <charconv>

#include <unicode/unistr.h>

namespace orpheus::text::reading {
namespace {

constexpr int64_t kNumLow = 100;  // numbers whose words are made once

int64_t value_of(std::string_view digits) {
  int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

// In place: a row of many words is not copied for each.
void append(std::string& words, std::string_view blank, std::string_view more) {
  if (!words.empty() && !more.empty()) words += blank;
  words += more;
}

// The rules mark where long words may be broken.
std::string without_soft_hyphens(const icu::UnicodeString& text) {
  std::string words;
  if (text.indexOf(u'\u00AD') < 0) return text.toUTF8String(words);
  icu::UnicodeString(text)
      .findAndReplace(icu::UnicodeString(u'\u00AD'), icu::UnicodeString())
      .toUTF8String(words);
  return words;
}

}  // namespace

NumberWords::NumberWords(const Language& language) : language_(language) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Locale locale(language.code().c_str());
  icu_rules_ = std::make_unique<icu::RuleBasedNumberFormat>(icu::URBNF_SPELLOUT, locale, status);
  if (U_FAILURE(status)) icu_rules_.reset();
  status = U_ZERO_ERROR;
  written_ordinals_ =
      std::make_unique<icu::RuleBasedNumberFormat>(icu::URBNF_ORDINAL, locale, status);
  if (U_FAILURE(status)) written_ordinals_.reset();
  const std::string& most = language.text("numbers.most_digits");
  if (!most.empty()) most_digits_ = static_cast<size_t>(value_of(most));
  const std::string& rules = language.text("numbers.rules");
  status = U_ZERO_ERROR;
  UParseError place{};
  if (!rules.empty())
    own_rules_ = std::make_unique<icu::RuleBasedNumberFormat>(icu::UnicodeString::fromUTF8(rules),
                                                              locale, place, status);
  if (U_FAILURE(status)) own_rules_.reset();
  for (int32_t i = 0; own_rules_ && i < own_rules_->getNumberOfRuleSetNames(); ++i)
    own_rules_->getRuleSetName(i).toUTF8String(own_sets_.emplace_back());
  for (const auto& [use, name] : language.texts("numbers."))
    if (name.starts_with('%') || name == "each") sets_[use] = make_set(name);
}

NumberWords::RuleSet NumberWords::make_set(const std::string& name) const {
  const bool is_own = std::find(own_sets_.begin(), own_sets_.end(), name) != own_sets_.end();
  RuleSet set{.name = icu::UnicodeString::fromUTF8(name),
              .rules = is_own ? own_rules_.get() : icu_rules_.get(),
              .is_each = name == "each",
              .low = {}};
  if (set.is_each) return set;
  std::vector<std::string> low;
  for (int64_t value = 0; value < kNumLow; ++value) low.push_back(spell(value, set));
  set.low = std::move(low);
  return set;
}

const NumberWords::RuleSet& NumberWords::set_of(std::string_view use) const {
  const RuleSet* set = sets_.find(use);
  return set != nullptr ? *set : *sets_.find("cardinal");
}

std::string NumberWords::spell(int64_t value, const RuleSet& set) {
  if (value < static_cast<int64_t>(set.low.size())) return set.low[static_cast<size_t>(value)];
  if (set.rules == nullptr) return std::to_string(value);
  icu::UnicodeString words;
  icu::FieldPosition position;
  UErrorCode status = U_ZERO_ERROR;
  set.rules->format(value, set.name, words, position, status);
  return U_SUCCESS(status) ? without_soft_hyphens(words) : std::to_string(value);
}

std::string NumberWords::say(std::string_view digits, std::string_view use) const {
  const RuleSet& set = set_of(use);
  if (set.is_each) return one_by_one(digits);
  if (digits.empty()) digits = "0";
  const size_t first = std::min(digits.find_first_not_of('0'), digits.size() - 1);
  if (digits.size() - first > most_digits_) return one_by_one(digits);
  return spell(value_of(digits.substr(first)), set);
}

std::string NumberWords::one_by_one(std::string_view digits) const {
  const RuleSet& set = set_of("digit");
  std::string words;
  for (const char digit : digits) append(words, language_.blank(), spell(digit - '0', set));
  return words;
}

std::string NumberWords::fraction(std::string_view digits) const {
  const std::string& style = language_.text("numbers.fraction");
  if (style == "whole" && digits.front() != '0') return say(digits);
  if (style != "pairs") return one_by_one(digits);
  if (digits.front() != '0' && digits.size() <= 3) return say(digits);
  std::string words;
  for (size_t i = 0; i < digits.size(); i += 2) {
    const std::string_view pair = digits.substr(i, 2);
    append(words, language_.blank(), pair.front() == '0' ? one_by_one(pair) : say(pair));
  }
  return words;
}

std::string NumberWords::say(const Number& number, std::string_view set) const {
  if (number.fraction.empty()) return say(number.whole, set);
  const std::string_view whole_set =
      language_.has("numbers.before_point") ? "before_point" : "cardinal";
  const std::string whole = join(say(number.whole, whole_set), language_.text("numbers.point"));
  return join(whole, fraction(number.fraction));
}

std::string NumberWords::negative(std::string_view words) const {
  return join(language_.text("numbers.minus"), words);
}

std::string NumberWords::join(std::string_view left, std::string_view right) const {
  std::string joined(left);
  if (!left.empty() && !right.empty()) joined += language_.blank();
  return joined += right;
}

std::string NumberWords::written_ordinal(std::string_view digits) const {
  if (!written_ordinals_) return "";
  icu::UnicodeString text;
  if (digits.size() > most_digits_) digits = digits.substr(digits.size() - 3);
  written_ordinals_->format(value_of(digits), text);
  std::string written = without_soft_hyphens(text);
  const size_t suffix = written.find_first_not_of("0123456789,. ");
  return suffix == std::string::npos ? "" : written.substr(suffix);
}

}  // namespace orpheus::text::reading
