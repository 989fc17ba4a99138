#pragma once
// Numbers as they are written: 1,234.50 · 1.234,50 · 1 000 · 12,34,567 · .5. Pure.

#include <optional>
#include <string>

#include "text/reading/language.h"
#include "text/reading/scan.h"

namespace orpheus::text::reading {

struct Number {
  size_t end = 0;
  std::string whole;     // digits alone; "" in ".5"
  std::string fraction;  // digits behind the decimal sign
  bool is_grouped = false;

  bool is_whole() const { return fraction.empty(); }
  bool is_one() const { return whole == "1" && fraction.empty(); }
  double value() const;
};

// The number that begins here with a digit, or with the decimal sign before one. The language's own
// signs first; the other usual pair where that one reads on and the language's own does not. The
// sign of a negative number is not part of it.
std::optional<Number> parse_number(const Scan& scan, const Language& language, size_t offset);

// The length of a minus sign that a digit follows at a token's begin; nought.
size_t minus_at(const Scan& scan, size_t offset);

}  // namespace orpheus::text::reading
