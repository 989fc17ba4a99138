#pragma once
// Names of units and currencies with the number that they belong to, by CLDR and, where the
// language's data has its own, by that. From any thread.

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <unicode/plurrule.h>

#include "text/reading/language.h"

namespace orpheus::text::reading {

class Names {
 public:
  explicit Names(const Language& language);

  // "{} kilometers" for a CLDR identifier (kilometer-per-hour) and the number at {}; "" for an
  // identifier that CLDR does not know.
  std::string unit(std::string_view id, double value) const;

  // The unit with its number: "five kilometers"; number: that value in words. "" for an unknown
  // unit.
  std::string counted(std::string_view id, double value, std::string_view number) const;

  // "dollars" for an ISO 4217 code in capitals; "" for what is none.
  std::string currency(std::string_view code, double value) const;
  // Their hundredth ("cents"); "" where the language's data names none.
  std::string minor_currency(std::string_view code, double value) const;

 private:
  // Of "one|many" the form for this number.
  std::string chosen(std::string_view forms, double value) const;

  const Language& language_;
  std::unique_ptr<icu::PluralRules> plurals_;
  mutable std::mutex mutex_;                          // of units_
  mutable std::map<std::string, std::string> units_;  // by identifier and plural category
};

}  // namespace orpheus::text::reading
