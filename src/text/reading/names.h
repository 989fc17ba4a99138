#pragma once
// Names of units and currencies, in the form for their number: from the language's data, else from
// CLDR. From any thread.

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

  // "dollars" for an ISO 4217 code in capitals; "" for an unknown code.
  std::string currency(std::string_view code, double value) const;
  // The name of their hundredth ("cents"); "" if the language's data has none.
  std::string minor_currency(std::string_view code, double value) const;

 private:
  // The form of "one|many" for this number.
  std::string chosen(std::string_view forms, double value) const;

  const Language& language_;
  std::unique_ptr<icu::PluralRules> plurals_;
  mutable std::mutex mutex_;                          // of units_
  mutable std::map<std::string, std::string> units_;  // by identifier and plural category
};

}  // namespace orpheus::text::reading
