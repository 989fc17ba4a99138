// Telephone and card numbers: +1 (555) 010-9999, 555-1234, (123) 123-5678 ext. 12,
// 9090-1234-5555-9876.
#include <algorithm>

#include "text/reading/rules.h"

namespace orpheus::text::reading {
namespace {

constexpr size_t kMostGroups = 8;

struct Group {
  std::string_view digits;
  bool in_brackets = false;
};

struct Numbers {
  size_t end = 0;
  bool has_plus = false;
  bool has_brackets = false;
  bool has_dashes = false;
  bool has_dots = false;
  std::vector<Group> groups;
  size_t num_digits = 0;
};

// Separators of groups besides hyphens, dots and brackets.
struct Separators {
  bool blanks = false;
  bool slash = false;  // after an area code that begins with 0
};

// The place of the next group after a separator; the same place if there is none.
size_t next_group(const Scan& scan, const Numbers& numbers, const Separators& separators) {
  const size_t at = numbers.end;
  const bool takes_blanks = numbers.has_plus || numbers.has_brackets || separators.blanks;
  switch (scan.at(at)) {
    case '-':
    case '.': return at + 1;
    case ' ': return takes_blanks ? at + 1 : at;
    case '/': {
      const bool is_area = numbers.groups.size() == 1 && numbers.groups[0].digits.front() == '0';
      return separators.slash && is_area ? at + 1 : at;
    }
    default: return at;
  }
}

// Groups of digits with one separator between them.
Numbers parse_groups(const Scan& scan, size_t offset, const Separators& separators) {
  Numbers numbers;
  numbers.has_plus = scan.at(offset) == '+';
  numbers.end = offset + (numbers.has_plus ? 1 : 0);
  while (numbers.groups.size() < kMostGroups) {
    const bool is_first = numbers.groups.empty();
    const size_t begin = is_first ? numbers.end : next_group(scan, numbers, separators);
    const bool is_open = scan.at(begin) == '(';
    const bool touches = begin == numbers.end && !is_first && !is_open;
    if (touches && !numbers.groups.back().in_brackets) break;
    const size_t first = begin + (is_open ? 1 : 0);
    const size_t end = scan.end_of_digits(first);
    if (end == first || end - first > 12 || (is_open && scan.at(end) != ')')) break;
    const char sign = is_first ? '\0' : scan.at(numbers.end);
    numbers.has_dashes = numbers.has_dashes || sign == '-';
    numbers.has_dots = numbers.has_dots || sign == '.';
    numbers.has_brackets = numbers.has_brackets || is_open;
    numbers.groups.push_back({scan.part(first, end), is_open});
    numbers.num_digits += end - first;
    numbers.end = is_open ? end + 1 : end;
  }
  return numbers;
}

// Whether this many digits, in these groups, are a telephone number.
bool is_telephone(const Sources& from, const Numbers& numbers, std::string_view before) {
  const size_t count = numbers.groups.size();
  if (numbers.has_plus) return numbers.num_digits >= 8 && (count > 1 || numbers.num_digits >= 9);
  if (numbers.has_brackets) return numbers.num_digits >= 7 && count >= 2;
  // "Call 911"
  constexpr size_t kEmergency = 3;  // digits
  if (count == 1 && numbers.num_digits == kEmergency)
    return from.language.lists("telephone.short_before", before);
  // A long row after "call" is a telephone number.
  if (count == 1) return numbers.num_digits >= 7 && from.language.lists("telephone.before", before);
  const bool are_pairs = std::all_of(numbers.groups.begin(), numbers.groups.end(),
                                     [](const Group& group) { return group.digits.size() == 2; });
  if (are_pairs && count == 5 && from.language.has("telephone.pairs")) return true;
  if (are_pairs) return false;
  const auto size = [&](size_t i) { return numbers.groups[i].digits.size(); };
  if (count == 2)
    return (numbers.has_dashes && size(0) == 3 && size(1) == 4) ||
           (numbers.groups[0].digits.front() == '0' && numbers.num_digits >= 7) ||
           (numbers.num_digits >= 7 && from.language.lists("telephone.before", before));
  if (numbers.has_dots) return size(0) == 3 && size(1) == 3 && size(2) == 4;
  return numbers.num_digits >= 7 && size(0) <= 4 && size(1) >= 2;
}

// 13812345678: as many digits as a mobile number has, beginning as it does.
bool is_row_of_digits(const Language& language, std::string_view digits) {
  const std::vector<std::string>& rows = language.list("telephone.rows");  // "13#########"
  return std::any_of(rows.begin(), rows.end(), [&](const std::string& row) {
    return digits.size() == row.size() && digits.starts_with(row.substr(0, row.find('#')));
  });
}

// 4111 1111 1111 1111: where the last of four groups of four ends; nought where they are not.
size_t end_of_card(const Scan& scan, size_t offset) {
  constexpr int kGroups = 4;
  constexpr size_t kDigits = 4;
  size_t at = offset;
  for (int i = 0; i < kGroups; ++i) {
    if (i > 0 && scan.at(at++) != ' ') return 0;
    const size_t end = scan.end_of_digits(at);
    if (end != at + kDigits) return 0;
    at = end;
  }
  return scan.ends_token(at) && !(scan.at(at) == ' ' && scan.is_digit(at + 1)) ? at : 0;
}

Reading card(const Sources& from, size_t offset, size_t end) {
  std::string words;
  for (size_t at = offset; at < end; at += 5) {
    if (!words.empty()) words += from.language.text("telephone.between");
    words += from.numbers.one_by_one(from.scan.part(at, at + 4));
  }
  return Said{.end = end, .words = std::move(words)};
}

// (555)
bool has_bracketed_digits(const Scan& scan, size_t offset) {
  return scan.at(offset) == '(' && scan.is_digit(offset + 1) &&
         scan.at(scan.end_of_digits(offset + 1)) == ')';
}

// Most numbers are short and stand alone. A telephone number is long, or has a sign behind its
// first group of digits.
bool may_be_telephone(const Scan& scan, size_t offset) {
  constexpr size_t kLeastDigits = 7;  // of one group
  if (scan.at(offset) == '+') return scan.is_digit(offset + 1);
  if (scan.at(offset) == '(') return has_bracketed_digits(scan, offset);
  const size_t end = scan.end_of_digits(offset);
  if (end == offset) return false;
  if (end == offset + 3 && scan.word_before(offset).size() > 3) return true;  // "Call 911"
  const size_t next = scan.skip_blank(end);
  constexpr std::string_view kSigns = "-./";
  return end - offset >= kLeastDigits || (next > end && scan.is_digit(next)) ||
         has_bracketed_digits(scan, next) ||
         (end < scan.size() && kSigns.find(scan.at(end)) != std::string_view::npos);
}

}  // namespace

Reading say_telephone(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  const Language& language = from.language;
  if (!may_be_telephone(scan, offset) || !language.has("telephone.plus")) return std::nullopt;
  const std::string_view before = scan.word_before(offset);
  // 01 23 45 67 89: five pairs, spoken as numbers.
  const bool takes_pairs = language.has("telephone.pairs") && scan.at(offset) == '0' &&
                           scan.end_of_digits(offset) == offset + 2;
  // 020 7946 0958: an area code, and at least three digits behind it.
  const size_t area = scan.end_of_digits(offset);
  const bool has_area = scan.at(offset) == '0' && area >= offset + 3 && area <= offset + 5 &&
                        scan.at(area) == ' ' && scan.end_of_digits(area + 1) >= area + 4;
  const Separators separators{
      .blanks = takes_pairs || has_area || language.lists("telephone.before", before),
      .slash = language.has("telephone.slash")};
  if (const size_t end = end_of_card(scan, offset)) return card(from, offset, end);
  const Numbers numbers = parse_groups(scan, offset, separators);
  const bool is_row =
      numbers.groups.size() == 1 && is_row_of_digits(language, numbers.groups[0].digits);
  const bool is_code = numbers.groups.size() >= 3 && numbers.has_dashes && !numbers.has_dots &&
                       !numbers.has_plus && !numbers.has_brackets && numbers.num_digits >= 9;
  if (!is_telephone(from, numbers, before) && !is_row && !is_code) return std::nullopt;
  size_t end = numbers.end;
  if (!scan.ends_token(end)) return std::nullopt;
  // 01 23 45 67 89, +33 1 23 45 67 89
  const bool are_pairs = takes_pairs || (numbers.has_plus && language.has("telephone.pairs") &&
                                         numbers.groups.back().digits.size() == 2);
  std::string words;
  for (const Group& group : numbers.groups) {
    if (!words.empty()) words += language.text("telephone.between");
    const bool is_country = words.empty() && numbers.has_plus;
    const bool is_round = group.digits.size() == 3 && group.digits.ends_with("00") &&
                          group.digits.front() != '0' && language.has("telephone.says_hundreds");
    words += is_country && language.has("telephone.country_as_number") && group.digits.size() <= 2
                 ? from.numbers.say(group.digits)
             : is_round || (are_pairs && group.digits.size() == 2 && group.digits.front() != '0')
                 ? from.numbers.say(group.digits)
                 : from.numbers.one_by_one(group.digits);
  }
  if (numbers.has_plus) words = from.numbers.join(language.text("telephone.plus"), words);
  // "ext. 12"
  for (const std::string& extension : language.list("telephone.extensions")) {
    if (!scan.has(end, extension)) continue;
    const size_t digits = scan.skip_blank(end + extension.size());
    const size_t behind = scan.end_of_digits(digits);
    if (behind == digits || !scan.ends_token(behind)) continue;
    words += language.text("telephone.between") + language.text("telephone.extension") + " " +
             from.numbers.one_by_one(scan.part(digits, behind));
    end = behind;
    break;
  }
  return Said{.end = end, .words = std::move(words)};
}

}  // namespace orpheus::text::reading
