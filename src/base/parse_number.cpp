#include "base/parse_number.h"

#include <cmath>
#include <locale>
#include <sstream>
#include <string>

namespace orpheus {

// Uses a stream, because from_chars of some standard libraries has no floating-point numbers.
std::optional<double> parse_real(std::string_view text) {
  // Streams accept these and from_chars does not: hexadecimal, a plus sign, blanks.
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
  // Smaller than the smallest double: zero.
  const std::string_view digits = text.substr(0, text.find_first_of("eE"));
  if (value == 0 && digits.find_first_of("123456789") != std::string_view::npos)
    return std::nullopt;
  return value;
}

}  // namespace orpheus
