// Roman numerals after a word that announces them: Chapter IV, Henry VIII, siglo XIX, XXe siècle.
#include <array>

#include "text/reading/rules.h"

namespace orpheus::text::reading {
namespace {

constexpr size_t kLongest = 9;  // MMMDCCCLXXXVIII has more, and no such chapter is written

// The value of a well-formed numeral; 0 for anything else.
int value_of(std::string_view numeral) {
  struct Step {
    int value;
    std::string_view sign;
  };
  constexpr std::array<Step, 13> kSteps = {{{1000, "M"},
                                            {900, "CM"},
                                            {500, "D"},
                                            {400, "CD"},
                                            {100, "C"},
                                            {90, "XC"},
                                            {50, "L"},
                                            {40, "XL"},
                                            {10, "X"},
                                            {9, "IX"},
                                            {5, "V"},
                                            {4, "IV"},
                                            {1, "I"}}};
  int value = 0;
  std::string canonical;
  std::string_view rest = numeral;
  for (const Step& step : kSteps) {
    for (; rest.starts_with(step.sign); rest.remove_prefix(step.sign.size())) {
      value += step.value;
      canonical += step.sign;
    }
  }
  // Only the usual form: not IIII, not VV.
  std::string again;
  int left = value;
  for (const Step& step : kSteps)
    for (; left >= step.value; left -= step.value) again += step.sign;
  return rest.empty() && again == numeral ? value : 0;
}

std::string upper_of(std::string_view word) {
  std::string upper(word);
  for (char& c : upper)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - ('a' - 'A'));
  return upper;
}

}  // namespace

Reading say_roman(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  const Language& language = from.language;
  constexpr std::string_view kSigns = "IVXLCDMivxlcdm";
  size_t end = offset;
  while (end - offset <= kLongest && end < scan.size() &&
         kSigns.find(scan.at(end)) != std::string_view::npos)
    ++end;
  if (end == offset || end - offset > kLongest) return std::nullopt;
  const std::string_view written = scan.part(offset, end);
  const bool is_upper = written == upper_of(written);
  const bool is_lower = !is_upper && written == lower(written);
  if (!is_upper && !is_lower) return std::nullopt;
  const int value = value_of(upper_of(written));
  if (value == 0) return std::nullopt;
  const std::string digits = std::to_string(value);
  const std::string_view before = scan.word_before(offset);

  // XXe, XIXᵉ, XX.: an ordinal's suffix, before "century".
  if (is_upper && !scan.ends_token(end)) {
    const size_t letters = scan.end_of_letters(end);
    const std::string* set = language.table("roman.suffixes_table").find(scan.part(end, letters));
    // "Le", "Ce" and "De" are words.
    const bool is_low = written.find_first_not_of("IVX") == std::string_view::npos;
    if (set == nullptr || !is_low || !scan.ends_token(letters)) return std::nullopt;
    return Said{.end = letters, .words = from.numbers.say(digits, *set)};
  }
  if (!scan.ends_token(end)) return std::nullopt;
  // "II. Weltkrieg"
  const bool has_noun = is_upper && language.has("ordinal.dot") && scan.at(end) == '.' &&
                        language.lists("ordinal.before", scan.word_after(end + 1));
  if (has_noun) {
    const std::string* asked = language.table("ordinal.after_folded").find(lower(before));
    return Said{.end = end + 1,
                .words = from.numbers.say(digits, asked != nullptr ? *asked : "ordinal")};
  }
  if (language.lists("roman.cardinal_after", before))
    return Said{.end = end, .words = from.numbers.say(digits)};
  if (!is_upper) return std::nullopt;
  if (const std::string* set =
          language.table("roman.before_folded").find(lower(scan.word_after(end))))
    return Said{.end = end, .words = from.numbers.say(digits, *set)};
  // A king's number follows a name with a capital.
  const bool has_name =
      !before.empty() && scan.at(offset - 1) == ' ' && language.lists("roman.names", before);
  if (has_name) {
    const std::string set = value <= 10 || !language.has("roman.names_low")
                                ? language.text("roman.name_set")
                                : "cardinal";
    const bool is_feminine = language.lists("roman.feminine_names", before);
    std::string words = from.numbers.say(
        digits,
        is_feminine && language.has("numbers." + set + "_feminine") ? set + "_feminine" : set);
    const std::string& article =
        language.text(is_feminine ? "roman.feminine_article" : "roman.article");
    // "Ludwig XIV. war"
    const bool has_stop = language.has("ordinal.dot") && stop_is_of_word(scan, end);
    return Said{.end = end + (has_stop ? 1 : 0),
                .words = filled(article.empty() ? "{}" : article, "", words)};
  }
  // "Rocky II", "World War II": after a name, at least two signs.
  const bool has_capital = !before.empty() && scan.is_upper(scan.offset_of(before));
  const bool is_likely = value <= 39 || written.size() >= 4;  // "CD" and "MC" are none
  if (has_capital && is_likely && written.size() >= 2 && before.size() > 3 &&
      language.has("roman.after_names"))
    return Said{.end = end, .words = from.numbers.say(digits)};
  return std::nullopt;
}

}  // namespace orpheus::text::reading
