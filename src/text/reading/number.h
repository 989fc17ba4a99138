#pragma once
// Parses written numbers: 1,234.50 · 1.234,50 · 1 000 · 12,34,567 · .5. Pure.

#include <optional>
#include <string>

#include "text/reading/language.h"
#include "text/reading/scan.h"

namespace orpheus::text::reading {

struct Number {
  size_t end = 0;
  std::string whole;     // only digits; "" in ".5"
  std::string fraction;  // digits after the decimal sign
  bool is_grouped = false;

  bool is_whole() const { return fraction.empty(); }
  bool is_one() const { return whole == "1" && fraction.empty(); }
  double value() const;
};

// The number that begins here, with a digit or with a decimal sign before one. The language's own
// signs are tried first, then the other usual pair if it reads further. A minus sign is not part of
// it.
std::optional<Number> parse_number(const Scan& scan, const Language& language, size_t offset);

// The length of a minus sign before a digit at a token's begin; 0: none.
size_t minus_at(const Scan& scan, size_t offset);

}  // namespace orpheus::text::reading
