// Sums and equations: 5-3=2, 2+3, 2*8, y=x+1, 3 × 4. Signs between numbers and single letters.
#include "text/reading/rules.h"

namespace orpheus::text::reading {
namespace {

constexpr int kMostTerms = 16;

// A number, or one letter, that may be squared.
Reading term(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  Said said;
  if (scan.is_digit(offset)) {
    const auto number = parse_number(scan, from.language, offset);
    if (!number) return std::nullopt;
    said = {.end = number->end, .words = from.numbers.say(*number)};
  } else {
    const size_t end = scan.next(offset);
    if (!scan.is_letter(offset) || scan.is_letter(end)) return std::nullopt;
    said = {.end = end, .words = std::string(scan.part(offset, end))};
  }
  for (const auto& [sign, words] : from.language.table("math.powers_table")) {
    if (!scan.has(said.end, sign)) continue;
    said.end += sign.size();
    said.words = from.numbers.join(said.words, words);
    break;
  }
  return said;
}

}  // namespace

Reading say_math(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  const Table& signs = from.language.table("math.signs_table");
  const Table& sure = from.language.table("math.sure_table");
  if (signs.empty()) return std::nullopt;
  const size_t minus = minus_at(scan, offset);
  auto said = term(from, offset + minus);
  if (!said) return std::nullopt;
  if (minus > 0) said->words = from.numbers.negative(said->words);
  bool is_sure = false;  // a sign came that is nothing but arithmetic
  int terms = 1;
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
    auto next = term(from, behind);
    if (!next) break;
    if (!below.empty()) next->words = from.numbers.negative(next->words);
    // A hyphen with a blank on one side parts words.
    const bool is_hyphen = rest.front() == '-';
    if (is_hyphen && (at > said->end) != (scan.at(at + size) == ' ')) break;
    is_sure = is_sure || sure.has(rest.substr(0, size));
    said->words = from.numbers.join(said->words, *signs.find(rest.substr(0, size)));
    said->words = from.numbers.join(said->words, next->words);
    said->end = next->end;
  }
  if (terms == 1 || !is_sure || !scan.ends_token(said->end)) return std::nullopt;
  return said;
}

}  // namespace orpheus::text::reading
