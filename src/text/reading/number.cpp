#include "text/reading/number.h"

#include <cstdlib>

namespace orpheus::text::reading {
namespace {

// More groups are no number that anybody says.
constexpr int kMostGroups = 12;

// Three digits, or in the Indian way two when three come last.
size_t end_of_group(const Scan& scan, size_t begin) {
  const size_t end = scan.end_of_digits(begin);
  return end - begin == 3 || end - begin == 2 ? end : begin;
}

// Groups that are parted by this sign; `whole` holds the digits before the first.
void take_groups(const Scan& scan, std::string_view sign, bool takes_pairs, Number& number) {
  size_t end = number.end;
  std::string digits = number.whole;
  bool has_last = false;  // a group of three ends it
  for (int i = 0; i < kMostGroups && scan.has(end, sign); ++i) {
    const size_t begin = end + sign.size();
    const size_t group = end_of_group(scan, begin);
    if (group == begin) break;
    if (group - begin == 2 && !takes_pairs) break;
    digits += scan.part(begin, group);
    end = group;
    has_last = group - begin == 3;
    if (has_last) {
      number.whole = digits;
      number.end = end;
      number.is_grouped = true;
    }
  }
}

Number parse(const Scan& scan, size_t offset, const std::vector<std::string>& groups, char decimal,
             bool takes_pairs) {
  Number number;
  number.end = scan.end_of_digits(offset);
  number.whole = scan.part(offset, number.end);
  const bool may_be_grouped =
      !number.whole.empty() && number.whole.size() <= 3 && number.whole.front() != '0';
  for (const std::string& sign : groups) {
    if (may_be_grouped && !number.is_grouped) take_groups(scan, sign, takes_pairs, number);
  }
  if (scan.at(number.end) == decimal && scan.is_digit(number.end + 1)) {
    const size_t end = scan.end_of_digits(number.end + 1);
    number.fraction = scan.part(number.end + 1, end);
    number.end = end;
  }
  return number;
}

bool reads_on(const Scan& scan, size_t end) {
  return (scan.at(end) == ',' || scan.at(end) == '.') && scan.is_digit(end + 1);
}

}  // namespace

double Number::value() const {
  return std::strtod((whole + "." + fraction + "0").c_str(), nullptr);
}

std::optional<Number> parse_number(const Scan& scan, const Language& language, size_t offset) {
  const char decimal = language.text("numbers.decimal").front();
  const bool begins =
      scan.is_digit(offset) || (scan.at(offset) == decimal && scan.is_digit(offset + 1));
  if (!begins) return std::nullopt;
  const std::vector<std::string>& groups = language.list("numbers.groups");
  const bool takes_pairs = language.has("numbers.groups_of_two");
  Number own = parse(scan, offset, groups, decimal, takes_pairs);
  if (!reads_on(scan, own.end)) return own;
  const std::string own_decimal(1, decimal);
  Number other = parse(scan, offset, {own_decimal}, decimal == '.' ? ',' : '.', false);
  const bool is_better = other.end > own.end && !reads_on(scan, other.end);
  return is_better ? other : own;
}

size_t minus_at(const Scan& scan, size_t offset) {
  const char before = offset == 0 ? ' ' : scan.at(offset - 1);
  if (before != ' ' && before != '\n' && before != '(' && before != '[' && before != '"') return 0;
  for (const std::string_view sign : {"-", "−", "–"}) {
    if (!scan.has(offset, sign)) continue;
    const size_t next = offset + sign.size();
    if (scan.is_digit(next) || (scan.at(next) == '.' && scan.is_digit(next + 1)))
      return sign.size();
  }
  return 0;
}

}  // namespace orpheus::text::reading
