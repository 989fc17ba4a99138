#include "text/reading/names.h"

#include <unicode/measunit.h>
#include <unicode/numberformatter.h>
#include <unicode/ucurr.h>
#include <unicode/unistr.h>

namespace orpheus::text::reading {
namespace {

icu::Locale locale_of(const Language& language) {
  return icu::Locale((language.code() + "@numbers=latn").c_str());
}

// CLDR's blanks that may not be broken, as blanks.
std::string with_plain_blanks(std::string words) {
  for (const std::string_view blank : {"\u00A0", "\u202F"})
    for (size_t at = words.find(blank); at != std::string::npos; at = words.find(blank, at))
      words.replace(at, blank.size(), " ");
  return words;
}

// "5 kilometers" to "{} kilometers".
std::string with_place(const std::string& formatted) {
  const size_t first = formatted.find_first_of("0123456789");
  const size_t last = formatted.find_last_of("0123456789");
  if (first == std::string::npos) return formatted;
  return formatted.substr(0, first) + "{}" + formatted.substr(last + 1);
}

}  // namespace

Names::Names(const Language& language) : language_(language) {
  UErrorCode status = U_ZERO_ERROR;
  plurals_.reset(icu::PluralRules::forLocale(icu::Locale(language.code().c_str()), status));
  if (U_FAILURE(status)) plurals_.reset();
}

std::string Names::chosen(std::string_view forms, double value) const {
  const size_t bar = forms.find('|');
  if (bar == std::string_view::npos) return std::string(forms);
  const bool is_one = plurals_ ? plurals_->select(value) == icu::UnicodeString(u"one") : value == 1;
  return std::string(is_one ? forms.substr(0, bar) : forms.substr(bar + 1));
}

std::string Names::unit(std::string_view id, double value) const {
  if (const std::string* own = language_.table("measure.names_table").find(id))
    return chosen(*own, value);
  std::string category;
  if (plurals_) plurals_->select(value).toUTF8String(category);
  const std::string key = std::string(id) + "|" + category;
  const std::lock_guard lock(mutex_);
  const auto known = units_.find(key);
  if (known != units_.end()) return known->second;
  UErrorCode status = U_ZERO_ERROR;
  const icu::MeasureUnit unit = icu::MeasureUnit::forIdentifier(
      icu::StringPiece(id.data(), static_cast<int32_t>(id.size())), status);
  std::string formatted;
  if (U_SUCCESS(status)) {
    icu::number::NumberFormatter::withLocale(locale_of(language_))
        .unit(unit)
        .unitWidth(UNUM_UNIT_WIDTH_FULL_NAME)
        .formatDouble(value, status)
        .toString(status)
        .toUTF8String(formatted);
  }
  const std::string pattern = U_SUCCESS(status) ? with_plain_blanks(with_place(formatted)) : "";
  return units_[key] = pattern;
}

std::string Names::counted(std::string_view id, double value, std::string_view number) const {
  if (value == 1) {
    const std::string* one = language_.table("measure.one_table").find(id);
    if (one != nullptr) return *one;
  }
  return filled(unit(id, value), "", number);
}

std::string Names::currency(std::string_view code, double value) const {
  if (const std::string* own = language_.table("money.names_table").find(code))
    return chosen(*own, value);
  if (code.size() != 3) return "";
  // What ICU does not know it calls by the very characters that it was given: they stay.
  icu::UnicodeString iso = icu::UnicodeString::fromUTF8(
      icu::StringPiece(code.data(), static_cast<int32_t>(code.size())));
  UErrorCode status = U_ZERO_ERROR;
  std::string category = "other";
  if (plurals_) {
    category.clear();
    plurals_->select(value).toUTF8String(category);
  }
  int32_t length = 0;
  UBool is_choice = false;
  const UChar* name = ucurr_getPluralName(iso.getTerminatedBuffer(), language_.code().c_str(),
                                          &is_choice, category.c_str(), &length, &status);
  if (U_FAILURE(status) || icu::UnicodeString(name, length) == iso) return "";
  std::string words;
  icu::UnicodeString(name, length).toUTF8String(words);
  // A currency of the past has its years in brackets.
  return words.find('(') == std::string::npos ? with_plain_blanks(words) : "";
}

std::string Names::minor_currency(std::string_view code, double value) const {
  const std::string* own = language_.table("money.minors_table").find(code);
  return own == nullptr ? "" : chosen(*own, value);
}

}  // namespace orpheus::text::reading
