// Money: $5, 5 €, US$76.3 trillion, CHF 100, $.99, €3.5bn, -$5, $350/yr, 99¢.
#include <algorithm>

#include <unicode/uchar.h>

#include "text/reading/rules.h"

namespace orpheus::text::reading {
namespace {

struct Currency {
  size_t end = 0;
  std::string code;
};

// The currency here, by its sign or code.
std::optional<Currency> currency_at(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  if (offset >= scan.size()) return std::nullopt;
  const Table& signs = from.language.table("money.signs_table");
  const size_t sign = signs.longest_at(scan.text().substr(offset), [&](size_t size) {
    // A sign that ends with a letter must not be the beginning of a word.
    return !scan.is_letter(scan.previous(offset + size)) || !scan.is_letter(offset + size);
  });
  if (sign > 0) return Currency{offset + sign, *signs.find(scan.part(offset, offset + sign))};
  const std::string_view one = scan.part(offset, scan.next(offset));
  if (const std::string* shared = Language::shared().table("currencies_table").find(one))
    return Currency{offset + one.size(), *shared};
  const size_t end = scan.end_of_letters(offset);
  if (end - offset != 3) return std::nullopt;
  std::string code(scan.part(offset, end));
  const bool is_upper =
      std::all_of(code.begin(), code.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  if (!is_upper) {
    const bool may_be_lower = from.language.has("money.codes_in_any_case")
                                  ? !from.language.lists("money.words_not_codes", code)
                                  : from.language.lists("money.codes_in_lower", code);
    if (!may_be_lower) return std::nullopt;
    for (char& c : code) c = static_cast<char>(u_toupper(static_cast<UChar32>(c)));
  }
  if (from.names.currency(code, 2).empty()) return std::nullopt;
  return Currency{end + (scan.at(end) == '$' ? 1 : 0), code};
}

// A letter or two for thousands and millions, glued to the amount: $5m, €3.5bn.
size_t letters_of_scale(const Sources& from, size_t offset, std::string& words) {
  const Table& letters = from.language.table("money.letters_table");
  const size_t behind = from.scan.skip_blank(offset);
  const size_t size =
      letters.longest_at(from.scan.text().substr(std::min(behind, from.scan.size())),
                         [&](size_t n) { return from.scan.ends_token(behind + n); });
  const bool has_currency = size > 0 && currency_at(from, behind + size).has_value();
  if (size == 0 || (behind > offset && size < 2 && !has_currency)) return 0;
  words = *letters.find(from.scan.part(behind, behind + size));
  return behind - offset + size;
}

std::string gender_of(const Sources& from, std::string_view code) {
  return from.language.lists("money.feminine", code) ? "feminine"
         : from.language.has("numbers.masculine")    ? "masculine"
                                                     : "cardinal";
}

std::string with_name(const Sources& from, std::string_view number, std::string_view name) {
  std::string form = from.language.text("money.amount");
  if (form.empty()) return from.numbers.join(number, name);
  form = filled(form, "n", number);
  return filled(form, "c", name);
}

// The hundredths, if they are spoken as such: two digits, or more if these are zeros.
std::optional<std::string> cents_of(const Number& number) {
  if (number.fraction.empty()) return "0";
  std::string cents = number.fraction;
  if (cents.find_first_not_of('0', std::min<size_t>(2, cents.size())) != std::string::npos)
    return std::nullopt;
  cents.resize(2, '0');
  const size_t first = cents.find_first_not_of('0');
  return first == std::string::npos ? "0" : cents.substr(first);
}

std::string words_of(const Sources& from, const Amount& amount, const std::string& code,
                     const std::string& letters) {
  const Language& language = from.language;
  const std::string name_of_many = from.names.currency(code, 5);
  constexpr std::string_view kMillion = "000000";
  const bool is_in_millions = amount.is_plain && amount.number.is_whole() &&
                              amount.number.whole.size() > kMillion.size() &&
                              amount.number.whole.ends_with(kMillion) &&
                              language.has("money.scale_of");  // un millón de euros
  if (!amount.is_plain || !letters.empty() || is_in_millions) {
    std::string words =
        is_in_millions && letters.empty() ? from.numbers.say(amount.number, "scaled")
        : letters.empty()                 ? amount.words(from)
                          : from.numbers.join(from.numbers.say(amount.number, "scaled"), letters);
    const std::string& of = language.text("money.scale_of");
    const bool takes_of =
        !of.empty() &&
        !std::any_of(language.list("money.scales_without_of").begin(),
                     language.list("money.scales_without_of").end(),
                     [&](const std::string& scale) { return words.ends_with(scale); });
    constexpr std::string_view kVowels = "aeiou";
    const bool elides = language.has("money.scale_of_vowel") && !name_of_many.empty() &&
                        kVowels.find(name_of_many.front()) != std::string_view::npos;
    if (takes_of && elides)
      return from.numbers.join(words, language.text("money.scale_of_vowel") + name_of_many);
    if (takes_of) words = from.numbers.join(words, of);
    return with_name(from, words, name_of_many);
  }
  const std::string gender = gender_of(from, code);
  const auto cents = cents_of(amount.number);
  const std::string minor = from.names.minor_currency(code, cents && *cents == "1" ? 1 : 5);
  if (!cents || (minor.empty() && *cents != "0")) {
    return with_name(from, from.numbers.say(amount.number, gender), name_of_many);
  }
  const Number whole{.whole = amount.number.whole.empty() ? "0" : amount.number.whole};
  std::string words;
  if (*cents == "0" || whole.whole.find_first_not_of('0') != std::string::npos)
    words =
        with_name(from, from.numbers.say(whole, gender), from.names.currency(code, whole.value()));
  if (*cents == "0") return words;
  std::string minors = with_name(
      from,
      from.numbers.say(
          *cents, language.lists("money.feminine_minors", code) ? "feminine" : gender_of(from, "")),
      minor);
  if (words.empty()) return minors;
  return filled(filled(language.text("money.major_minor"), "major", words), "minor", minors);
}

// "/yr" behind an amount.
size_t per_unit(const Sources& from, size_t offset, std::string& words) {
  const std::string& form = from.language.text("measure.per");
  if (from.scan.at(offset) != '/' || form.empty()) return 0;
  const size_t end = from.scan.end_of_letters(offset + 1);
  const std::string_view word = from.scan.part(offset + 1, end);
  constexpr size_t kShortestWord = 2;  // "/month", "/ea."
  const bool is_sign = Language::shared().table("symbols_table").has(word);
  if (!is_sign && word.size() >= kShortestWord && !from.scan.is_upper(offset + 1) &&
      from.scan.ends_token(end)) {
    words = from.numbers.join(words, filled(form, "u", word));
    return end - offset;
  }
  const std::string* id =
      Language::shared().table("symbols_table").find(from.scan.part(offset + 1, end));
  if (id == nullptr || !from.scan.ends_token(end)) return 0;
  std::string unit = filled(from.names.unit(*id, 1), "", "");
  if (!unit.empty() && unit.front() == ' ') unit.erase(0, 1);
  words = from.numbers.join(words, filled(form, "u", unit));
  return end - offset;
}

}  // namespace

Reading say_money(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  if (from.language.table("money.signs_table").empty()) return std::nullopt;
  size_t begin = offset;
  bool is_negative = false;
  for (const std::string_view sign : {"-", "−"}) {
    if (scan.has(begin, sign) && (begin == 0 || !scan.is_word(scan.previous(begin)))) {
      begin += sign.size();
      is_negative = true;
    }
  }
  std::optional<Currency> currency;
  if (!scan.is_digit(begin)) {
    currency = currency_at(from, begin);
    if (!currency) return std::nullopt;
    begin = scan.skip_blank(currency->end);
    if (!is_negative && begin == currency->end &&
        minus_at(Scan(scan.text().substr(begin)), 0) > 0) {
      is_negative = true;
      begin += minus_at(Scan(scan.text().substr(begin)), 0);
    }
  }
  const auto number = parse_number(scan, from.language, begin);
  // A dot may stand before the cents in every language.
  const auto amount =
      scan.is_digit(begin) || number ? parse_amount(from, begin, "cardinal") : std::nullopt;
  if (!amount) return std::nullopt;
  size_t end = amount->end;
  for (const std::string_view round : {".-", ",-", ".–", ",–", ".—", ",—"})
    if (amount->is_plain && scan.has(end, round) && !scan.is_word(end + round.size()))
      end += round.size();  // 20.-
  std::string letters;
  if (currency) {
    if (amount->is_plain) end += letters_of_scale(from, end, letters);
  } else {
    size_t behind = end;
    if (amount->is_plain) behind += letters_of_scale(from, end, letters);
    const size_t of = behind;
    currency = currency_at(from, scan.skip_blank(of));
    if (!currency) return std::nullopt;
    end = currency->end;
  }
  std::string words = words_of(from, *amount, currency->code, letters);
  end += per_unit(from, end, words);
  if (!scan.ends_token(end)) return std::nullopt;
  if (is_negative) words = from.numbers.negative(words);
  return Said{.end = end, .words = std::move(words)};
}

}  // namespace orpheus::text::reading
