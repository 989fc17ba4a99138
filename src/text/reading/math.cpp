// Sums and equations: 5-3=2, 2+3, 2*8, y=x+1, 3 × 4. Signs between numbers and single letters.
#include "text/reading/rules.h"

namespace orpheus::text::reading {
namespace {

constexpr int kMostTerms = 16;

// A number, or one letter, that may be squared; is_raised: whether it is by a caret.
Reading term(const Sources& from, size_t offset, bool& is_raised) {
  const Scan& scan = from.scan;
  Said said;
  if (scan.is_digit(offset)) {
    const auto number = parse_number(scan, from.language, offset);
    if (!number) return std::nullopt;
    said = {.end = number->end, .words = from.numbers.say(*number)};
  } else {
    if (!scan.is_letter(offset)) return std::nullopt;
    size_t end = scan.next(offset);
    constexpr size_t kLongestUnit = 4;  // letters of cm^-1
    if (scan.is_letter(end)) end = scan.end_of_letters(offset);
    const bool is_unit = end - offset <= kLongestUnit && scan.has(end, "^-");
    if (end > scan.next(offset) && !is_unit) return std::nullopt;
    said = {.end = end, .words = std::string(scan.part(offset, end))};
  }
  for (const auto& [sign, words] : from.language.table("math.powers_table")) {
    const std::string_view caret = sign == "²" ? "^2" : sign == "³" ? "^3" : "";
    const bool is_caret = !caret.empty() && scan.has(said.end, caret) &&
                          !scan.is_word(said.end + caret.size()) &&
                          scan.at(said.end + caret.size()) != '.';
    if (!is_caret && !scan.has(said.end, sign)) continue;
    said.end += is_caret ? caret.size() : sign.size();
    is_raised = is_raised || is_caret;
    said.words = from.numbers.join(said.words, words);
    break;
  }
  return said;
}

// Whether a sign of a sum or a power stands behind the number or letter here: most numbers stand
// alone.
bool may_go_on(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  size_t end = scan.next(offset);
  if (scan.is_digit(offset)) {
    const auto number = parse_number(scan, from.language, offset);
    end = number ? number->end : end;
  } else if (scan.is_letter(end)) {
    return scan.has(scan.end_of_letters(offset), "^-");
  }
  const auto anywhere = [](size_t) { return true; };
  const std::string_view text = scan.text();
  if (from.language.table("math.powers_table").longest_at(text.substr(end), anywhere) > 0)
    return true;
  const size_t sign = std::min(scan.skip_blank(end), scan.size());
  return from.language.table("math.signs_table").longest_at(text.substr(sign), anywhere) > 0;
}

}  // namespace

Reading say_math(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  const Table& signs = from.language.table("math.signs_table");
  const Table& sure = from.language.table("math.sure_table");
  if (signs.empty() || offset < from.end_of_no_sum) return std::nullopt;
  const size_t minus = minus_at(scan, offset);
  if (!may_go_on(from, offset + minus)) return std::nullopt;
  bool is_sure = false;  // a sign came that is nothing but arithmetic
  auto said = term(from, offset + minus, is_sure);
  if (!said) return std::nullopt;
  if (minus > 0) said->words = from.numbers.negative(said->words);
  int terms = 1;
  size_t last = 0;          // where the last term begins; nought behind + and -
  std::string before_last;  // the words before it
  const std::string& minus_word = from.language.text("numbers.minus");
  for (; terms < kMostTerms; ++terms) {
    const size_t at = scan.skip_blank(said->end);
    if (at >= scan.size()) break;
    const std::string_view rest = scan.text().substr(at);
    const size_t size = signs.longest_at(rest, [](size_t) { return true; });
    if (size == 0) break;
    size_t behind = scan.skip_blank(at + size);
    // 10^-3
    const std::string_view below = rest.front() != '^'      ? ""
                                   : scan.at(behind) == '-' ? "-"
                                   : scan.has(behind, "−")  ? "−"
                                                            : "";
    behind += below.size();
    auto next = term(from, behind, is_sure);
    if (!next) break;
    if (!below.empty()) next->words = from.numbers.negative(next->words);
    // A hyphen with a blank on one side parts words, and a plus begins a number ("or +34 …").
    const bool has_blank = at > said->end;
    const bool may_sign = rest.front() == '-' || rest.front() == '+';
    if (may_sign && has_blank != (scan.at(at + size) == ' ')) break;
    // 1/2 is a fraction, 10 / 2 a sum.
    if (rest.front() == '/' && !(has_blank && scan.at(at + size) == ' ')) break;
    is_sure = is_sure || sure.has(rest.substr(0, size));
    said->words = from.numbers.join(said->words, *signs.find(rest.substr(0, size)));
    before_last = below.empty() ? said->words : from.numbers.join(said->words, minus_word);
    last = may_sign ? 0 : behind;
    said->words = from.numbers.join(said->words, next->words);
    said->end = next->end;
  }
  const bool is_power = terms == 1 && is_sure;
  if ((terms == 1 && !is_power) || !is_sure || !scan.ends_token(said->end)) {
    if (terms > 1) from.end_of_no_sum = said->end;
    return std::nullopt;
  }
  // 210 × 297 mm is a size.
  if (const auto size = say_measure(from, offset); size && size->end > said->end)
    return std::nullopt;
  // 10.3 ± 0.4 mg/dL
  if (last > offset && scan.is_digit(last)) {
    if (const auto unit = say_measure(from, last); unit && unit->end > said->end)
      said = Said{.end = unit->end, .words = from.numbers.join(before_last, unit->words)};
  }
  return said;
}

}  // namespace orpheus::text::reading
