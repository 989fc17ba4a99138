// For standard libraries whose from_chars knows no floating-point numbers.
#include <cmath>
#include <locale>
#include <sstream>
#include <string>

#include "base/parse_number.h"

namespace orpheus {

std::optional<double> parse_real(std::string_view text) {
  // What streams take and from_chars does not: hexadecimal, a plus sign, blanks.
  constexpr std::string_view kCharacters = "0123456789.eE+-";
  if (text.empty() || text.front() == '+' ||
      text.find_first_not_of(kCharacters) != std::string_view::npos)
    return std::nullopt;
  std::istringstream in{std::string(text)};
  in.imbue(std::locale::classic());
  double value = 0;
  if (!(in >> value) || in.peek() != std::istringstream::traits_type::eof() ||
      !std::isfinite(value))
    return std::nullopt;
  return value;
}

}  // namespace orpheus
