// Years and decades: 1984, 1990s, '90s, 80er, 2015年. A number that counts is not a year: 1850
// cars.
#include <algorithm>

#include "text/reading/rules.h"

namespace orpheus::text::reading {
namespace {

// Whether the next word is counted: "1850 cars", "1200 people".
bool counts(const Sources& from, size_t end) {
  const std::string_view word = from.scan.word_after(end);
  if (word.empty() || from.scan.at(end) != ' ') return false;
  const Language& language = from.language;
  if (language.lists("year.counted", word)) return true;
  if (from.scan.is_upper(end + 1)) return false;
  for (const std::string& ending : language.list("year.counted_endings"))
    if (word.size() > ending.size() + 1 && word.ends_with(ending))
      return !language.lists("year.not_counted", word);
  return false;
}

std::string with_ending(const Sources& from, std::string words) {
  const Table& endings = from.language.table("decade.endings_table");
  size_t longest = 0;
  const std::string* ending = endings.find("-");
  for (const auto& [key, value] : endings) {
    if (key != "-" && key.size() > longest && words.ends_with(key)) {
      longest = key.size();
      ending = &value;
    }
  }
  if (ending == nullptr) return words;
  words.resize(words.size() - longest);
  return words + *ending;
}

// "100s" is "hundreds".
const std::string* words_of_row(const Sources& from, std::string_view digits) {
  return from.language.table("decade.words_table").find(digits);
}

}  // namespace

Reading say_decade(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  const std::vector<std::string>& suffixes = from.language.list("decade.suffixes");
  if (suffixes.empty()) return std::nullopt;
  size_t begin = offset;
  for (const std::string_view sign : {"'", "’", "‘"})
    if (scan.has(begin, sign)) begin += sign.size();
  const size_t end = scan.end_of_digits(begin);
  const std::string_view digits = scan.part(begin, end);
  if (const std::string* own = words_of_row(from, digits); own != nullptr && begin == offset) {
    const size_t behind = end + suffixes.front().size();
    if (scan.has(end, suffixes.front()) && scan.ends_token(behind))
      return Said{.end = behind, .words = *own};
  }
  // '07: a year of a known century.
  const bool is_short_year = begin > offset && digits.size() == 2 && scan.ends_token(end) &&
                             scan.at(end) != '\'' && !scan.has(end, "’") &&
                             (offset == 0 || scan.at(offset - 1) == ' ');
  const bool is_decade = (digits.size() == 4 || digits.size() == 2) && digits.back() == '0';
  if (is_short_year && !is_decade)
    return Said{.end = end,
                .words = digits.front() == '0' ? from.numbers.one_by_one(digits)
                                               : from.numbers.say(digits)};
  if (!is_decade) return std::nullopt;
  // "his 50s"; "10s" alone are seconds.
  const bool is_likely = digits.size() == 4 || begin > offset ||
                         !from.language.has("decade.asks") ||
                         from.language.lists("decade.before", scan.word_before(offset));
  if (!is_likely || digits == "10") return std::nullopt;
  for (const std::string& suffix : suffixes) {
    const size_t behind = end + suffix.size();
    // "1980 s" is how some texts part the suffix; "80 s" are seconds.
    if (!scan.has(end, suffix) || scan.is_word(behind)) continue;
    if (suffix.starts_with(' ') && digits.size() == 2) continue;
    return Said{.end = behind,
                .words = with_ending(
                    from, from.numbers.say(digits, digits.size() == 4 ? "year" : "cardinal"))};
  }
  return std::nullopt;
}

// 2020/21 and 2020/2021: a year and the next, or a later one.
Reading say_season(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  const size_t slash = scan.end_of_digits(offset);
  if (slash != offset + 4 || scan.at(slash) != '/') return std::nullopt;
  const size_t end = scan.end_of_digits(slash + 1);
  const std::string_view first = scan.part(offset, slash);
  const std::string_view second = scan.part(slash + 1, end);
  const bool is_plausible = first >= "1100" && first <= "2199" && scan.ends_token(end) &&
                            (second.size() == 2 || second.size() == 4);
  if (!is_plausible) return std::nullopt;
  const int from_year = std::stoi(std::string(first));
  const int value = std::stoi(std::string(second));
  const int to_year = second.size() == 4 ? value : value + from_year / 100 * 100;
  const bool is_next = to_year == from_year + 1 || (value == 0 && from_year % 100 == 99);
  constexpr int kMonths = 12;  // 2024/05 is a month
  const bool is_later =
      to_year > from_year && to_year < from_year + 50 && (second.size() == 4 || value > kMonths);
  if (!is_next && !is_later) return std::nullopt;
  const bool is_each = from.language.text("numbers.year") == "each";
  const std::string said = second.size() == 4                 ? from.numbers.say(second, "year")
                           : is_each || second.front() == '0' ? from.numbers.one_by_one(second)
                                                              : from.numbers.say(second);
  return Said{.end = end, .words = from.numbers.join(from.numbers.say(first, "year"), said)};
}

Reading say_year(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  const Language& language = from.language;
  const size_t end = scan.end_of_digits(offset);
  const std::string_view digits = scan.part(offset, end);
  if (digits.empty() || digits.size() > 5) return std::nullopt;
  const std::string& sign = language.text("year.sign");
  if (!sign.empty() && scan.has(end, sign)) {
    const bool is_said_so =
        digits.size() == 4 || digits.front() == '0' ||
        std::any_of(language.list("year.before_sign").begin(),
                    language.list("year.before_sign").end(), [&](const std::string& word) {
                      return offset >= word.size() && scan.has(offset - word.size(), word);
                    });
    if (!is_said_so) return std::nullopt;
    return Said{.end = end, .words = from.numbers.say(digits, "year")};
  }
  if (language.text("numbers.year").empty() || digits.size() != 4) return std::nullopt;
  if (!scan.ends_token(end)) return std::nullopt;
  const bool is_asked = language.lists("year.before", scan.word_before(offset)) ||
                        language.lists("year.after", scan.word_after(end));
  const bool is_likely = language.has("year.bare") && digits >= "1100" && digits <= "2099" &&
                         digits.substr(1) != "000" && !counts(from, end);
  const bool is_plausible = digits >= "1000" && digits <= "2199";
  if (!is_likely && !(is_asked && is_plausible)) return std::nullopt;
  return Said{.end = end, .words = from.numbers.say(digits, "year")};
}

}  // namespace orpheus::text::reading
