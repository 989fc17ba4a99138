// Ranges, scores and ratios: 10–20, 50%-60%, $5-$10, $5-10, 2pm-5pm, 1980-1986, 3:2, 747-400 is
// none.
#include <array>

#include "text/reading/rules.h"

namespace orpheus::text::reading {
namespace {

using Rule = Reading (*)(const Sources&, size_t);
// Rules for the ends of a range, the most specific first.
constexpr std::array<Rule, 6> kEnds = {say_time,    say_money,   say_decade,
                                       say_measure, say_ordinal, say_cardinal};
constexpr size_t kLongestEnd = 40;  // bytes
constexpr int kMostCounterSigns = 3;

struct Sign {
  size_t begin = 0;
  size_t end = 0;
  std::string form;
};

// The sign between the ends: within the first token, or alone between blanks.
std::optional<Sign> find_sign(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  const Table& signs = from.language.table("range.signs_table");
  const size_t most = std::min(scan.size(), offset + kLongestEnd);
  for (size_t at = offset + 1; at < most && scan.at(at) != '\n'; ++at) {
    if (!signs.may_begin(scan.at(at))) continue;
    const size_t size = signs.longest_at(scan.text().substr(at), [](size_t) { return true; });
    if (size == 0) continue;
    const std::string& form = *signs.find(scan.part(at, at + size));
    const bool is_apart = scan.at(at - 1) == ' ' && scan.at(at + size) == ' ';
    if (is_apart) return Sign{at - 1, at + size + 1, form};
    if (scan.at(at - 1) == ' ' || scan.at(at + size) == ' ') return std::nullopt;
    return Sign{at, at + size, form};
  }
  return std::nullopt;
}

// Codes are spoken digit by digit and are not ranges.
bool is_bare_digits(const Scan& scan, size_t begin, size_t end) {
  return scan.end_of_digits(begin) == end;
}

Reading say_end(const Sources& from, size_t offset) {
  for (const Rule rule : kEnds)
    if (auto said = rule(from, offset)) return said;
  return std::nullopt;
}

// "$5-10": the second end is money too.
Reading money_of_first(const Sources& from, const Sign& sign, size_t offset) {
  const Scan& scan = from.scan;
  size_t digits = offset;
  while (digits < sign.begin && !scan.is_digit(digits)) digits = scan.next(digits);
  if (digits == offset || digits == sign.begin) return std::nullopt;
  const size_t behind = scan.end_of_token(sign.end);
  if (behind > sign.end + kLongestEnd) return std::nullopt;
  const std::string both =
      std::string(scan.part(offset, digits)) + std::string(scan.part(sign.end, behind));
  const Scan second(both);
  const Sources sources{second, from.language, from.numbers, from.names};
  auto said = say_money(sources, 0);
  if (!said || said->end != both.size()) return std::nullopt;
  said->end = behind;
  return said;
}

// Whether the second end has letters for millions after its number, and the first does not.
bool has_letters_of_scale(const Sources& from, const Sign& sign, size_t end) {
  const Scan& scan = from.scan;
  size_t at = sign.end;
  while (at < end && !scan.is_digit(at)) at = scan.next(at);
  const auto number = parse_number(scan, from.language, at);
  if (!number) return false;
  const size_t letters = scan.skip_blank(number->end);
  if (letters >= end) return false;
  const std::string_view scale = scan.part(letters, scan.end_of_letters(letters));
  return from.language.table("money.letters_table").has(scale) ||
         from.language.table("numbers.scales_folded").has(lower(scale));
}

// "1960s-70s": the second end is a decade too.
Reading decade_of_first(const Sources& from, const Sign& sign) {
  const size_t end = from.scan.end_of_letters(from.scan.end_of_digits(sign.end));
  if (end > sign.end + kLongestEnd || !from.scan.ends_token(end)) return std::nullopt;
  const std::string short_form = "'" + std::string(from.scan.part(sign.end, end));
  const Scan second(short_form);
  auto said = say_decade({second, from.language, from.numbers, from.names}, 0);
  if (!said || said->end != short_form.size()) return std::nullopt;
  said->end = end;
  return said;
}

}  // namespace

Reading say_score(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  const std::string& form = from.language.text("range.score");
  const size_t colon = scan.end_of_digits(offset);
  if (form.empty() || colon == offset || scan.at(colon) != ':') return std::nullopt;
  const size_t end = scan.end_of_digits(colon + 1);
  if (end == colon + 1 || !scan.ends_token(end) || end - offset > 12) return std::nullopt;
  std::string words = filled(form, "a", from.numbers.say(scan.part(offset, colon)));
  return Said{.end = end, .words = filled(words, "b", from.numbers.say(scan.part(colon + 1, end)))};
}

Reading say_range(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  const auto sign = find_sign(from, offset);
  if (!sign || sign->begin <= offset) return std::nullopt;
  // 3-1/2 is one number.
  const auto number = parse_amount(from, offset, "cardinal");
  if (number && number->end > sign->begin) return std::nullopt;
  const Scan before(scan.text().substr(0, sign->begin));
  const Sources left{before, from.language, from.numbers, from.names};

  const bool left_is_bare = is_bare_digits(scan, offset, sign->begin);
  const size_t right_digits = scan.end_of_digits(sign->end);
  const bool right_is_bare = right_digits > sign->end && scan.ends_token(right_digits);
  const std::string_view a = scan.part(offset, sign->begin);
  const std::string_view b = scan.part(sign->end, right_digits);
  if (left_is_bare && right_is_bare) {
    const bool are_codes = (a.front() == '0' && a.size() > 1) ||
                           (b.front() == '0' && b.size() > 1) ||
                           (a.size() > 4 && scan.at(sign->begin) == '-') ||
                           (a.size() + b.size() > 6 && a.size() != b.size());
    const bool is_falling = a.size() > b.size() || (a.size() == b.size() && a > b);
    const bool is_short_year = a.size() == 4 && b.size() == 2;
    if (are_codes || (is_falling && a.size() > 2 && !is_short_year)) return std::nullopt;
  }
  const bool are_years = left_is_bare && right_is_bare && a.size() == 4 && b.size() <= 4;
  Reading first = are_years ? say_year(left, offset) : std::nullopt;
  const bool is_year = first.has_value();
  if (!first) first = say_end(left, offset);
  if (!first) return std::nullopt;
  // "20日～25日": counted nouns in a script without blanks.
  for (int i = 0; i < kMostCounterSigns && before.kind(first->end) == CharKind::kJoined; ++i) {
    const size_t next = before.next(first->end);
    first->words += before.part(first->end, next);
    first->end = next;
  }
  if (first->end != sign->begin) return std::nullopt;
  Reading second;
  if (is_year) second = say_year(from, sign->end);
  if (!second && scan.is_digit(offset)) {
    if (const auto decade = say_decade(left, offset); decade && decade->end == sign->begin)
      second = decade_of_first(from, *sign);
  }
  if (!second && !scan.is_digit(offset)) second = money_of_first(from, *sign, offset);
  if (!second) second = say_end(from, sign->end);
  if (!second) return std::nullopt;
  // "$1.5-2bn": both are billions; the name is spoken once.
  if (!scan.is_digit(offset) && has_letters_of_scale(from, *sign, second->end)) {
    size_t digits = offset;
    while (digits < sign->begin && !scan.is_digit(digits)) digits = scan.next(digits);
    const auto plain = parse_number(before, from.language, digits);
    if (plain && plain->end == sign->begin) first->words = from.numbers.say(*plain);
  }
  std::string words = filled(sign->form, "a", first->words);
  return Said{.end = second->end, .words = filled(words, "b", second->words)};
}

}  // namespace orpheus::text::reading
