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

// "1 000 000" where the language parts thousands by another sign: two groups of three or more, or
// one of noughts. Nought where it is none.
size_t end_of_loose_groups(const Scan& scan, const Language& language, const Number& number,
                           size_t offset) {
  const size_t first = scan.end_of_digits(offset);
  const bool may_be =
      language.number_signs().has_loose_blanks && number.end == first && scan.at(first) == ' ' &&
      first - offset <= 3 && first > offset && scan.at(offset) != '0' &&
      !(offset > 0 && scan.at(offset - 1) == ' ' && offset > 1 && scan.is_digit(offset - 2));
  if (!may_be) return 0;
  size_t end = first;
  int groups = 0;
  for (; groups < kMostGroups && scan.at(end) == ' ' && scan.end_of_digits(end + 1) == end + 4;
       ++groups)
    end += 4;
  const bool is_round = groups == 1 && scan.part(end - 3, end) == "000";
  const bool goes_on = scan.is_word(end) || (scan.at(end) == ' ' && scan.is_digit(end + 1));
  return (groups >= 2 || is_round) && !goes_on ? end : 0;
}

bool reads_on(const Scan& scan, size_t end) {
  return (scan.at(end) == ',' || scan.at(end) == '.') && scan.is_digit(end + 1);
}

// Whether the digits that end here are all of the number: no sign of a fraction or of groups
// follows. Most numbers are so.
bool stands_alone(const Scan& scan, size_t end) {
  const char next = scan.at(end);
  if (next == ' ') return !scan.is_digit(end + 1) || !scan.is_digit(end + 2);
  return next != '.' && next != ',' && next != '\'' && (next & 0x80) == 0;
}

}  // namespace

double Number::value() const {
  constexpr size_t kMostExact = 15;  // digits
  if (fraction.empty() && whole.size() <= kMostExact) {
    double value = 0;
    for (const char digit : whole) value = value * 10 + (digit - '0');
    return value;
  }
  return std::strtod((whole + "." + fraction + "0").c_str(), nullptr);
}

std::optional<Number> parse_number(const Scan& scan, const Language& language, size_t offset) {
  const Language::NumberSigns& signs = language.number_signs();
  const char decimal = signs.decimal;
  const bool begins =
      scan.is_digit(offset) || (scan.at(offset) == decimal && scan.is_digit(offset + 1));
  if (!begins) return std::nullopt;
  if (const size_t end = scan.end_of_digits(offset); stands_alone(scan, end))
    return Number{.end = end, .whole = std::string(scan.part(offset, end))};
  Number own = parse(scan, offset, signs.groups, decimal, signs.takes_pairs);
  if (const size_t end = end_of_loose_groups(scan, language, own, offset)) {
    own.whole.clear();
    for (const char c : scan.part(offset, end))
      if (c >= '0' && c <= '9') own.whole += c;
    own.is_grouped = true;
    own.end = end;
    const size_t cents = scan.end_of_digits(end + 1);
    if ((scan.at(end) == '.' || scan.at(end) == ',') && cents > end + 1 && cents <= end + 3) {
      own.fraction = scan.part(end + 1, cents);
      own.end = cents;
    }
  }
  if (!reads_on(scan, own.end)) return own;
  const std::string own_decimal(1, decimal);
  Number other = parse(scan, offset, {own_decimal}, decimal == '.' ? ',' : '.', false);
  const bool is_better = other.end > own.end && !reads_on(scan, other.end);
  return is_better ? other : own;
}

namespace {

// 气温-3.5℃: in a script without blanks the sign stands behind a word.
bool is_before_degrees(const Scan& scan, size_t offset) {
  if (offset == 0 || scan.kind(scan.previous(offset)) != CharKind::kJoined) return false;
  size_t end = scan.next(offset);
  if (!scan.is_digit(end)) return false;
  while (scan.is_digit(end) || scan.at(end) == '.') ++end;
  return scan.at(end) == '%' || scan.has(end, "°") || scan.has(end, "度");
}

}  // namespace

size_t minus_at(const Scan& scan, size_t offset) {
  const char before = offset == 0 ? ' ' : scan.at(offset - 1);
  constexpr std::string_view kBefore = " \n([\",";
  const bool is_behind_sign =
      offset > 0 && (before & 0x80) != 0 && scan.kind(scan.previous(offset)) == CharKind::kOther;
  if (kBefore.find(before) == std::string_view::npos && !is_behind_sign &&
      !is_before_degrees(scan, offset))
    return 0;
  for (const std::string_view sign : {"-", "−", "–"}) {
    if (!scan.has(offset, sign)) continue;
    const size_t next = offset + sign.size();
    if (scan.is_digit(next) || (scan.at(next) == '.' && scan.is_digit(next + 1)))
      return sign.size();
  }
  return 0;
}

}  // namespace orpheus::text::reading
