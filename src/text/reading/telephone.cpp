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

// Groups of digits with one blank, hyphen, dot or bracket between them.
Numbers parse_groups(const Scan& scan, size_t offset, bool takes_pairs) {
  Numbers numbers;
  size_t at = offset;
  if (scan.at(at) == '+') {
    numbers.has_plus = true;
    ++at;
  }
  while (numbers.groups.size() < kMostGroups) {
    size_t begin = at;
    if (!numbers.groups.empty()) {
      const char sign = scan.at(begin);
      if (sign == '-' || sign == '.' || sign == ' ')
        ++begin;
      else if (sign != '(' && !(numbers.groups.back().in_brackets && scan.is_digit(begin)))
        break;
      // A full stop before a blank ends a sentence; more than blanks part nothing of a bare row.
      const bool may_go_on_bare = numbers.has_plus || numbers.has_brackets || takes_pairs;
      if (sign == ' ' && !may_go_on_bare) break;
    }
    const bool is_open = scan.at(begin) == '(';
    const size_t first = begin + (is_open ? 1 : 0);
    const size_t end = scan.end_of_digits(first);
    if (end == first || end - first > 12 || (is_open && scan.at(end) != ')')) break;
    if (!numbers.groups.empty() && scan.at(at) == '-') numbers.has_dashes = true;
    if (!numbers.groups.empty() && scan.at(at) == '.') numbers.has_dots = true;
    numbers.has_brackets = numbers.has_brackets || is_open;
    numbers.groups.push_back({scan.part(first, end), is_open});
    numbers.num_digits += end - first;
    at = is_open ? end + 1 : end;
    numbers.end = at;
    if (is_open && scan.at(at) == '-') continue;
  }
  return numbers;
}

// Whether this many digits, in these groups, are dialled.
bool is_telephone(const Sources& from, const Numbers& numbers, std::string_view before) {
  const size_t count = numbers.groups.size();
  if (numbers.has_plus) return numbers.num_digits >= 8 && (count > 1 || numbers.num_digits >= 9);
  if (numbers.has_brackets) return numbers.num_digits >= 7 && count >= 2;
  if (count < 2) return false;
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

}  // namespace

Reading say_telephone(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  const Language& language = from.language;
  const char first = scan.at(offset);
  const bool begins =
      scan.is_digit(offset) || ((first == '+' || first == '(') && scan.is_digit(offset + 1));
  if (!begins || language.text("telephone.plus").empty()) return std::nullopt;
  // 01 23 45 67 89: five pairs, said as numbers.
  const bool takes_pairs =
      language.has("telephone.pairs") && first == '0' && scan.end_of_digits(offset) == offset + 2;
  const Numbers numbers = parse_groups(scan, offset, takes_pairs);
  if (!is_telephone(from, numbers, scan.word_before(offset))) return std::nullopt;
  size_t end = numbers.end;
  if (!scan.ends_token(end)) return std::nullopt;
  std::string words;
  for (const Group& group : numbers.groups) {
    if (!words.empty()) words += language.text("telephone.between");
    const bool is_country = words.empty() && numbers.has_plus;
    const bool is_round = group.digits.size() == 3 && group.digits.ends_with("00") &&
                          group.digits.front() != '0' && language.has("telephone.says_hundreds");
    words += is_country && language.has("telephone.country_as_number") && group.digits.size() <= 2
                 ? from.numbers.say(group.digits)
             : is_round || (takes_pairs && group.digits.front() != '0')
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
