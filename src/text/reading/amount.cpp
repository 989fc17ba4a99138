// Numbers: fractions, mixed numbers, decimals, powers of ten, and words for millions after them.
#include <algorithm>

#include "text/reading/rules.h"

namespace orpheus::text::reading {
namespace {

constexpr size_t kMostFractionDigits = 9;

std::string digits_without_zeros(std::string_view digits) {
  const size_t first = digits.find_first_not_of('0');
  return std::string(first == std::string_view::npos ? "0" : digits.substr(first));
}

// "two thirds", "one over two hundred": the words of 2/3.
std::string fraction_words(const Sources& from, std::string_view above, std::string_view below) {
  const Language& language = from.language;
  const NumberWords& numbers = from.numbers;
  const std::string below_value = digits_without_zeros(below);
  const bool is_one = digits_without_zeros(above) == "1";
  if (const std::string* own =
          language.table("fraction.words_table").find(std::string(above) + "/" + below_value))
    return *own;
  const std::string& greatest = language.text("fraction.greatest");
  const bool is_low = below_value.size() < greatest.size() ||
                      (below_value.size() == greatest.size() && below_value <= greatest);
  // 120/80 is not a fraction.
  constexpr size_t kMostNamed = 2;  // digits
  const std::string above_value = digits_without_zeros(above);
  const bool is_ratio = above_value.size() > kMostNamed && below_value.size() == kMostNamed;
  const bool is_named = !is_ratio && below_value != "0" && below_value != "1" &&
                        (is_low || language.lists("fraction.named", below_value));
  std::string form = language.text(!is_named ? "fraction.over"
                                   : is_one  ? "fraction.one"
                                             : "fraction.many");
  const std::string_view set = !is_named ? "cardinal" : is_one ? "denominator" : "denominators";
  const std::string_view above_set =
      is_named && language.has("numbers.numerator") ? "numerator" : "cardinal";
  form = filled(form, "d", numbers.say(below_value, set));
  return filled(form, "n", numbers.say(above, above_set));
}

struct Parts {
  size_t end = 0;
  std::string_view above, below;
};

// 3/4 here, without signs of a date or a path around it.
std::optional<Parts> parse_fraction(const Scan& scan, size_t offset) {
  const size_t slash = scan.end_of_digits(offset);
  if (slash == offset || scan.at(slash) != '/') return std::nullopt;
  const size_t end = scan.end_of_digits(slash + 1);
  if (end == slash + 1 || scan.at(end) == '/') return std::nullopt;
  const Parts parts{
      .end = end, .above = scan.part(offset, slash), .below = scan.part(slash + 1, end)};
  return parts.below.size() > kMostFractionDigits * 2 ? std::nullopt : std::optional(parts);
}

std::optional<Amount> parse_fractional(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  const size_t digits = scan.end_of_digits(offset);
  // Most numbers have no stroke behind them.
  const char next = scan.at(digits);
  const bool may_be_mixed =
      next == ' ' && scan.is_digit(digits + 1) && scan.at(scan.end_of_digits(digits + 1)) == '/';
  const bool may_be = next == '/' || next == '-' || (next & 0x80) != 0 || may_be_mixed;
  if (!may_be || from.language.text("fraction.over").empty()) return std::nullopt;
  Amount amount;
  size_t begin = offset;
  // 3 1/2, and 3-1/2 if it is not a range of dates.
  const bool is_hyphened = scan.at(digits) == '-' && from.language.has("fraction.hyphened");
  if ((scan.at(digits) == ' ' || is_hyphened) && digits - offset <= 4) {
    amount.number.whole = scan.part(offset, digits);
    begin = digits + 1;
  } else if (const std::string& and_sign = from.language.text("fraction.and_sign");
             !and_sign.empty() && scan.has(digits, and_sign)) {
    amount.number.whole = scan.part(offset, digits);
    begin = digits + and_sign.size();
  }
  const auto parts = parse_fraction(scan, begin);
  if (!parts) return std::nullopt;
  amount.end = parts->end;
  amount.number.end = parts->end;
  amount.is_plain = false;
  amount.count = amount.number.whole.empty() ? 1 : 5;
  amount.above = parts->above;
  amount.below = parts->below;
  return amount;
}

std::string words_of_fraction(const Sources& from, const Amount& amount) {
  const Language& language = from.language;
  std::string fraction = fraction_words(from, amount.above, amount.below);
  if (amount.number.whole.empty()) return fraction;
  const std::string* alone = language.table("fraction.with_whole_table")
                                 .find(std::string(amount.above) + "/" + std::string(amount.below));
  const std::string form = filled(language.text("fraction.mixed"), "w",
                                  from.numbers.say(amount.number.whole, "mixed_whole"));
  return filled(form, "f", alone != nullptr ? *alone : fraction);
}

// The exponent of 1.5e-3 and 2×10³ (folded to 10^3): where it ends and its words.
Reading exponent(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  const char sign = scan.at(offset);
  if (sign != 'e' && sign != 'E' && sign != ' ' && (sign & 0x80) == 0) return std::nullopt;
  if (sign == ' ' && !scan.has(offset + 1, "×")) return std::nullopt;
  const std::string& form = from.language.text("numbers.exponent");
  if (form.empty()) return std::nullopt;
  size_t at = offset;
  if (scan.at(at) == 'e' || scan.at(at) == 'E') {
    ++at;
  } else {
    const std::string_view times = scan.has(at, "×10^")     ? "×10^"
                                   : scan.has(at, " × 10^") ? " × 10^"
                                                            : "";
    if (times.empty()) return std::nullopt;
    at += times.size();
  }
  const bool is_negative = scan.at(at) == '-' || scan.has(at, "−");
  if (is_negative)
    at += scan.at(at) == '-' ? 1 : std::string_view("−").size();
  else if (scan.at(at) == '+')
    ++at;
  const size_t end = scan.end_of_digits(at);
  if (end == at || end - at > 4 || !scan.ends_token(end)) return std::nullopt;
  std::string words = from.numbers.say(scan.part(at, end));
  if (is_negative) words = from.numbers.negative(words);
  return Said{.end = end, .words = filled(form, "e", words)};
}

bool is_code(const Number& number) {
  return number.is_whole() && !number.is_grouped && number.whole.size() > 1 &&
         number.whole.front() == '0';
}

// The counted noun decides the gender: 21 casas → veintiuna, 1 mese → un. "cardinal" if no noun
// follows.
std::string set_of_noun(const Sources& from, size_t begin, const Number& number) {
  const Scan& scan = from.scan;
  const Language& language = from.language;
  const std::vector<std::string>& endings = language.list("counted.feminine_endings");
  if (endings.empty() || scan.at(number.end) != ' ') return "cardinal";
  const std::string_view written = scan.word_after(number.end);
  const std::string noun = lower(written);
  const bool is_noun = noun.size() >= 3 && !language.lists("counted.not_nouns", noun) &&
                       (language.has("counted.capitals") == scan.is_upper(number.end + 1));
  if (!is_noun) return "cardinal";
  // "Kapitel 1 Einleitung", "página 21 muestra": the number belongs to the word before it.
  const bool is_apart = begin < 2 || !(scan.is_word(scan.previous(begin - 1)));
  const std::string_view before = is_apart ? std::string_view() : scan.word_before(begin);
  const bool is_label =
      language.lists("counted.labels", before) ||
      (language.has("counted.capitals") && !before.empty() &&
       scan.is_upper(scan.offset_of(before)) && !language.lists("counted.not_labels", before));
  if (is_label) return "cardinal";
  const bool is_feminine =
      !language.lists("counted.masculine", noun) &&
      (language.lists("counted.feminine", noun) ||
       std::any_of(endings.begin(), endings.end(),
                   [&](const std::string& ending) { return noun.ends_with(ending); }));
  if (is_feminine && language.has("numbers.feminine")) return "feminine";
  return language.has("numbers.masculine") ? "masculine" : "cardinal";
}

// 9.8/10: "of ten".
Reading of_full_marks(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  const auto marks = parse_number(scan, from.language, offset);
  const std::string& form = from.language.text(
      from.language.has("fraction.out_of") ? "fraction.out_of" : "fraction.over");
  constexpr size_t kMostFraction = 2;
  constexpr size_t kMostOf = 6;  // bytes
  if (!marks || marks->is_whole() || marks->fraction.size() > kMostFraction || form.empty() ||
      scan.at(marks->end) != '/')
    return std::nullopt;
  const auto most = parse_number(scan, from.language, marks->end + 1);
  const bool are_marks = most && most->end <= marks->end + kMostOf && scan.ends_token(most->end) &&
                         marks->value() <= most->value();
  if (!are_marks) return std::nullopt;
  const std::string words = filled(form, "n", from.numbers.say(*marks));
  return Said{.end = most->end, .words = filled(words, "d", from.numbers.say(*most))};
}

}  // namespace

std::string Amount::words(const Sources& from) const {
  if (!below.empty()) return words_of_fraction(from, *this);
  if (scale != nullptr) {
    const std::string& one = from.language.text("numbers.one_of_scale");
    const bool takes_own = number.is_one() && !one.empty();
    return from.numbers.join(takes_own ? one : from.numbers.say(number, "scaled"), *scale);
  }
  const std::string said =
      is_code(number) ? from.numbers.one_by_one(number.whole) : from.numbers.say(number, set);
  return exponent.empty() ? said : filled(exponent, "n", said);
}

namespace {

std::optional<Amount> parse_afresh(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  if (scan.is_digit(offset)) {
    if (auto fraction = parse_fractional(from, offset)) return fraction;
  }
  auto number = parse_number(scan, from.language, offset);
  if (!number) return std::nullopt;
  Amount amount{.number = std::move(*number)};
  amount.end = amount.number.end;
  amount.count = amount.number.value();
  const size_t word = scan.skip_blank(amount.end);
  const Table& scales = from.language.table("numbers.scales_folded");
  constexpr size_t kLongestScale = 32;
  const CharKind kind = scan.kind(word);
  const bool is_word = kind == CharKind::kLetter || kind == CharKind::kJoined;
  const std::string following = is_word ? lower_ahead(scan, word, kLongestScale) : "";
  const size_t scale =
      scales.longest_at(following, [&](size_t size) { return !scan.is_word(word + size); });
  if (scale > 0) {
    amount.is_plain = false;
    amount.count = 1e6;
    amount.end = word + scale;
    amount.scale = scales.find(std::string_view(following).substr(0, scale));
    return amount;
  }
  if (auto power = exponent(from, amount.end)) {
    amount.end = power->end;
    amount.is_plain = false;
    amount.exponent = std::move(power->words);
  }
  return amount;
}

}  // namespace

std::optional<Amount> parse_amount(const Sources& from, size_t offset, std::string_view set) {
  if (from.amount_at != offset) {
    from.amount = parse_afresh(from, offset);
    from.amount_at = offset;
  }
  std::optional<Amount> amount = from.amount;
  if (amount) amount->set = set;
  return amount;
}

Reading say_fraction(const Sources& from, size_t offset) {
  const size_t minus = minus_at(from.scan, offset);
  auto amount = parse_fractional(from, offset + minus);
  if (!amount) return minus == 0 ? of_full_marks(from, offset) : std::nullopt;
  const bool is_ratio = minus == 0 && amount->number.whole.empty() &&
                        from.scan.ends_token(amount->end) && from.language.has("range.score") &&
                        from.language.lists("range.before_ratios", from.scan.word_before(offset));
  const std::string& out_of = from.language.text("fraction.out_of");
  const bool are_marks = minus == 0 && amount->number.whole.empty() && !out_of.empty() &&
                         from.language.lists("fraction.marks", from.scan.word_after(amount->end));
  if (are_marks) {  // "2/5 stars"
    const std::string words = filled(out_of, "n", from.numbers.say(amount->above));
    return Said{.end = amount->end, .words = filled(words, "d", from.numbers.say(amount->below))};
  }
  if (is_ratio) {  // "odds of 5/2"
    const std::string words =
        filled(from.language.text("range.score"), "a", from.numbers.say(amount->above));
    return Said{.end = amount->end, .words = filled(words, "b", from.numbers.say(amount->below))};
  }
  // 1/4th: the ordinal's suffix adds nothing.
  const size_t letters = from.scan.end_of_letters(amount->end);
  std::string suffix = lower(from.scan.part(amount->end, letters));
  if (suffix.size() > 2 && suffix.back() == 's') suffix.pop_back();  // 2/3rds
  if (from.language.table("ordinal.suffixes_table").has(suffix)) amount->end = letters;
  // "1 1/2-inch": a word continues after the hyphen.
  const bool has_noun = from.scan.at(amount->end) == '-' && from.scan.is_letter(amount->end + 1);
  if (!has_noun && !from.scan.ends_token(amount->end)) return std::nullopt;
  return Said{
      .end = amount->end,
      .words = minus > 0 ? from.numbers.negative(amount->words(from)) : amount->words(from)};
}

namespace {

// "un'ora", "uno studente": one before a noun, by the noun's first letters.
Reading article_for_one(const Sources& from, std::string_view set, size_t end) {
  const Language& language = from.language;
  const std::string noun = lower(from.scan.word_after(end));
  const bool is_feminine = set == "feminine";
  const std::vector<std::string>& beginnings =
      is_feminine ? language.list("counted.elides_before") : language.list("counted.full_before");
  const bool has_own = std::any_of(beginnings.begin(), beginnings.end(),
                                   [&](const std::string& part) { return noun.starts_with(part); });
  if (!has_own) return std::nullopt;
  if (is_feminine) return Said{.end = end + 1, .words = language.text("counted.elided_one")};
  return Said{.end = end, .words = language.text("counted.full_one")};
}

}  // namespace

Reading say_cardinal(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  size_t sign = minus_at(scan, offset);
  const bool is_negative = sign > 0;
  const bool is_positive = !is_negative && scan.at(offset) == '+' && scan.is_digit(offset + 1);
  if (is_positive) sign = 1;
  const size_t begin = offset + sign;
  const auto number = parse_number(scan, from.language, begin);
  if (!number) return std::nullopt;
  // The counted noun may need other words.
  const Table& counters = from.language.table("counters_table");
  const size_t behind = scan.skip_blank(number->end);
  const size_t counter = counters.longest_at(scan.text().substr(std::min(behind, scan.size())),
                                             [](size_t) { return true; });
  std::string set = "cardinal";
  // 제3장, 第2名: after an ordinal's sign nothing is counted.
  const std::vector<std::string>& ordinals = from.language.list("counters.not_behind");
  const bool is_ordinal =
      std::any_of(ordinals.begin(), ordinals.end(), [&](const std::string& mark) {
        return begin >= mark.size() && scan.has(begin - mark.size(), mark);
      });
  if (counter > 0 && number->is_whole() && !is_ordinal)
    set = *counters.find(scan.part(behind, behind + counter));
  if (counter == 0 && number->is_whole()) set = set_of_noun(from, begin, *number);
  auto amount = parse_amount(from, begin, set);
  if (!amount || !scan.ends_token(amount->end)) return std::nullopt;
  const bool is_counted = counter > 0 && number->is_whole() && amount->end == number->end;
  std::string words =
      is_counted ? from.numbers.say(*number, set) : amount->words(from);  // 02月 is no code
  if (!is_negative && amount->number.is_one() && amount->is_plain && set != "cardinal") {
    if (auto article = article_for_one(from, set, amount->end)) return article;
  }
  if (is_negative) words = from.numbers.negative(words);
  if (is_positive) words = from.numbers.join(from.language.text("numbers.plus"), words);
  return Said{.end = amount->end, .words = std::move(words)};
}

}  // namespace orpheus::text::reading
