// Tokens with a digit that no other rule reads: B2A23C, 133-ABC, 55-millimeters, x264, 24/7.
// Letters and hyphens stay, digits are spoken.
#include "text/reading/rules.h"

namespace orpheus::text::reading {
namespace {

// Spoken as a number: short, and not a code with a leading zero.
constexpr size_t kMostDigits = 4;

// A part that another class reads as a whole: the decade of mid-1980s, the number of 2.5x.
Reading part_at(const Sources& from, size_t at, size_t begin, size_t end) {
  const Scan& scan = from.scan;
  const bool begins = at == begin || scan.at(at - 1) == '-' || scan.at(at - 1) == '/' ||
                      scan.is_letter(scan.previous(at));
  if (!scan.is_digit(at) || !begins) return std::nullopt;
  for (const auto rule : {say_decade, say_ordinal, say_year}) {
    auto said = at > begin && scan.at(at - 1) == '-' ? rule(from, at) : std::nullopt;
    if (said && said->end == end) return said;
  }
  const auto number = parse_number(scan, from.language, at);
  const bool is_decimal = number && !number->fraction.empty() && number->end <= end &&
                          scan.at(number->end) != '.' && scan.at(number->end) != ',';
  if (!is_decimal) return std::nullopt;
  return Said{.end = number->end, .words = from.numbers.say(*number)};
}

// FY2023-24: behind such letters four digits are a year, and two more the next one.
Reading fiscal_year(const Sources& from, size_t begin, size_t at, size_t end) {
  const Scan& scan = from.scan;
  constexpr size_t kDigits = 4;
  const bool has_name = at > begin && from.language.lists("year.names", scan.part(begin, at));
  if (!has_name || scan.end_of_digits(at) != at + kDigits) return std::nullopt;
  const size_t first = at + kDigits;
  const std::string words = from.numbers.say(scan.part(at, first), "year");
  const size_t last = first + 3;
  const bool has_next = (scan.at(first) == '-' || scan.at(first) == '/') && last == end &&
                        scan.end_of_digits(first + 1) == last;
  if (!has_next) return Said{.end = first, .words = words};
  const std::string next = from.numbers.say(scan.part(first + 1, last), "short_year");
  return Said{.end = last, .words = from.numbers.join(words, next)};
}

}  // namespace

Reading say_serial(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  const size_t end = scan.end_of_token(offset);
  const Table& signs = from.language.table("serial.signs_table");
  bool has_more = false;  // than a word
  for (size_t at = offset; at < end && !has_more; ++at)
    has_more = scan.is_digit(at) || signs.has(scan.part(at, at + 1));
  if (!has_more) return std::nullopt;
  std::string words;
  const auto part_words = [&] {
    if (!words.empty() && words.back() != '-' && words.back() != ' ' && words.back() != '\'')
      words += ' ';
  };
  for (size_t at = offset; at < end;) {
    if (const auto part = part_at(from, at, offset, end)) {
      part_words();
      words += part->words;
      at = part->end;
    } else if (const auto years = fiscal_year(from, offset, at, end)) {
      part_words();
      words += years->words;
      at = years->end;
    } else if (scan.is_digit(at)) {
      const size_t digits = scan.end_of_digits(at);
      const std::string_view run = scan.part(at, digits);
      const bool is_number = run.size() <= kMostDigits && (run.front() != '0' || run.size() == 1);
      part_words();
      words += is_number ? from.numbers.say(run) : from.numbers.one_by_one(run);
      at = digits;
    } else if (scan.is_letter(at)) {
      const size_t letters = scan.end_of_letters(at);
      part_words();
      words += scan.part(at, letters);
      at = letters;
    } else {
      const size_t next = scan.next(at);
      const std::string_view sign = scan.part(at, next);
      // UTC-5
      const bool is_offset = sign == "-" && scan.is_digit(next) &&
                             from.language.lists("time.zones", scan.part(offset, at));
      if (is_offset) {
        part_words();
        words += from.language.text("numbers.minus");
      } else if (const std::string* name = signs.find(sign)) {
        part_words();
        words += *name;
      } else {
        words += sign == "-" || sign == "'" ? sign : " ";
      }
      at = next;
    }
  }
  return Said{.end = end, .words = std::move(words)};
}

}  // namespace orpheus::text::reading
