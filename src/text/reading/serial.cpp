// What no rule knows as one form and still has a digit: B2A23C, 133-ABC, 55-millimeters, x264,
// 24/7. Letters stay, digits are said; hyphens stay.
#include "text/reading/rules.h"

namespace orpheus::text::reading {
namespace {

// Said as a number: short, and no code with a nought before it.
constexpr size_t kMostDigits = 4;

}  // namespace

Reading say_serial(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  const size_t end = scan.end_of_token(offset);
  bool has_digit = false;
  for (size_t at = offset; at < end && !has_digit; ++at) has_digit = scan.is_digit(at);
  if (!has_digit) return std::nullopt;
  const Table& signs = from.language.table("serial.signs_table");
  std::string words;
  const auto part_words = [&] {
    if (!words.empty() && words.back() != '-' && words.back() != ' ' && words.back() != '\'')
      words += ' ';
  };
  for (size_t at = offset; at < end;) {
    if (scan.is_digit(at)) {
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
      if (const std::string* name = signs.find(sign)) {
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
