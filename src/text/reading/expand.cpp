#include "text/reading/expand.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "text/reading/number_words.h"
#include "text/reading/spoken_forms.h"

namespace orpheus::text::reading {
namespace {

// Of a number, a version or a row of digits: more are none of these, and reading on for every one
// of many would take quadratic time.
constexpr int kMostParts = 12;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_latin_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// A stretch of the text and what is said for it.
struct Spoken {
  size_t end = 0;
  std::string words;
};

// A number as it is written: 1,234.50 is whole "1234" and fraction "50".
struct Number {
  size_t end = 0;
  std::string whole;
  std::string fraction;
  bool is_grouped = false;
};

std::string filled(std::string_view form, std::string_view name, std::string_view words) {
  std::string text(form);
  const size_t at = text.find(name);
  return at == std::string::npos ? text : text.replace(at, name.size(), words);
}

class Reader {
 public:
  Reader(std::string_view text, const SpokenForms& forms)
      : text_(text), forms_(forms), words_(forms.language) {}

  Spanned read() {
    Spanned spoken;
    for (size_t at = 0; at < text_.size();) {
      const size_t kept = end_of_what_stays(at);
      if (kept > at) {
        spoken.append_verbatim(text_.substr(at, kept - at), at);
        at = kept;
      } else if (const auto words = starts_number(at) ? say(at) : std::nullopt) {
        if (!spoken.empty() && may_need_blank(spoken.text().back()))
          spoken.append_spoken(forms_.blank, {at, at});
        spoken.append_spoken(words->words, {at, words->end});
        at = words->end;
        if (at < text_.size() && may_need_blank(text_[at]))
          spoken.append_spoken(forms_.blank, {at, at});
      } else {
        // A number that is none of ours is left whole, or its rest would be read as another.
        const size_t end = is_digit(text_[at]) ? end_of_digits(at) : next(at);
        spoken.append_verbatim(text_.substr(at, end - at), at);
        at = end;
      }
    }
    return spoken;
  }

 private:
  char at(size_t offset) const { return offset < text_.size() ? text_[offset] : '\0'; }
  bool has(size_t offset, std::string_view part) const {
    return text_.substr(std::min(offset, text_.size()), part.size()) == part;
  }
  size_t next(size_t offset) const {
    U8_FWD_1(reinterpret_cast<const uint8_t*>(text_.data()), offset, text_.size());
    return offset;
  }
  size_t end_of_digits(size_t offset) const {
    while (is_digit(at(offset))) ++offset;
    return offset;
  }
  static bool may_need_blank(char c) { return is_latin_letter(c); }

  // Whether a letter of a script with blanks between words stands here: 5km, 3rd, MP3, été2.
  bool is_letter_of_a_word(size_t offset) const {
    if (offset >= text_.size()) return false;
    UChar32 c = 0;
    U8_NEXT(reinterpret_cast<const uint8_t*>(text_.data()), offset, text_.size(), c);
    if (c < 0 || u_isalpha(c) == 0) return false;
    const bool is_joined_script = forms_.language == "ko" || forms_.language == "zh";
    return !is_joined_script || c < 0x250;
  }
  bool follows_a_word(size_t offset) const {
    if (offset == 0) return false;
    auto start = static_cast<int32_t>(offset);  // a text is far shorter than 2 GiB
    U8_BACK_1(reinterpret_cast<const uint8_t*>(text_.data()), 0, start);
    const auto before = static_cast<size_t>(start);
    const char c = text_[before];
    return is_letter_of_a_word(before) || is_digit(c) || c == '_' || c == '#' || c == '/';
  }

  // Tags, addresses and paths: the end of what stays as it is, if something here does.
  size_t end_of_what_stays(size_t offset) const {
    if (text_[offset] == '<') {
      const size_t close = text_.find_first_of("<>\n", offset + 1);
      if (close != std::string_view::npos && text_[close] == '>') return close + 1;
    }
    const bool starts_token = offset == 0 || text_[offset - 1] == ' ' || text_[offset - 1] == '\n';
    if (!starts_token) return offset;
    const size_t end = std::min(text_.find_first_of(" \n", offset), text_.size());
    const std::string_view token = text_.substr(offset, end - offset);
    const bool is_address = token.find("://") != std::string_view::npos ||
                            token.find('@') != std::string_view::npos ||
                            token.substr(0, 4) == "www.";
    return is_address ? end : offset;
  }

  bool starts_number(size_t offset) const {
    if (follows_a_word(offset)) return false;
    if (is_digit(text_[offset]) || money_before(offset) != nullptr) return true;
    return sign_length(offset) > 0;
  }
  // Of a minus before a digit at the beginning of a word; nought where there is none.
  size_t sign_length(size_t offset) const {
    if (offset > 0 && text_[offset - 1] != ' ' && text_[offset - 1] != '(') return 0;
    for (const std::string_view sign : {"-", "−"}) {
      if (has(offset, sign) && is_digit(at(offset + sign.size()))) return sign.size();
    }
    return 0;
  }

  const Money* money_before(size_t offset) const {
    for (const Money& money : forms_.money) {
      size_t digits = offset + money.major.sign.size();
      if (!has(offset, money.major.sign)) continue;
      if (at(digits) == ' ') ++digits;
      if (is_digit(at(digits))) return &money;
    }
    return nullptr;
  }

  // The longest stretch that can be read in one of these ways, most particular first.
  std::optional<Spoken> say(size_t offset) {
    if (const Money* money = money_before(offset)) return money_with_sign_first(offset, *money);
    if (const size_t sign = sign_length(offset)) {
      auto amount = say_amount(offset + sign);
      if (amount) amount->words = words_.negative(amount->words);
      return amount;
    }
    if (auto date = say_date(offset)) return date;
    if (auto time = say_time(offset)) return time;
    if (auto version = say_version(offset)) return version;
    if (auto range = say_range(offset)) return range;
    if (auto ordinal = say_ordinal(offset)) return ordinal;
    return say_amount(offset);
  }

  Number read_number(size_t offset) const {
    Number number;
    size_t end = end_of_digits(offset);
    number.whole = text_.substr(offset, end - offset);
    // 1,234,567: up to three digits, then groups of three.
    for (int part = 1; part < kMostParts && (number.whole.size() <= 3 || number.is_grouped);
         ++part) {
      if (!has(end, forms_.group)) break;
      const size_t group = end + forms_.group.size();
      if (end_of_digits(group) != group + 3) break;
      number.whole += text_.substr(group, 3);
      number.is_grouped = true;
      end = group + 3;
    }
    if (at(end) == forms_.decimal && is_digit(at(end + 1))) {
      const size_t fraction_end = end_of_digits(end + 1);
      number.fraction = text_.substr(end + 1, fraction_end - end - 1);
      end = fraction_end;
    }
    number.end = end;
    return number;
  }

  bool is_one(const Number& number) const { return number.whole == "1" && number.fraction.empty(); }

  std::string with_noun(const Number& number, const Noun& noun) const {
    std::string words = number.fraction.empty() ? words_.cardinal(number.whole, noun.gender)
                                                : words_.decimal(number.whole, number.fraction);
    words += forms_.blank;
    return words += is_one(number) ? noun.one : noun.many;
  }

  // "million" in "$5 million": the word itself, if one comes.
  std::string_view large_word(size_t offset) const {
    if (!forms_.blank.empty() && at(offset) == ' ') ++offset;
    std::string_view found;
    for (const std::string_view large : forms_.large) {
      if (has(offset, large) && !is_letter_of_a_word(offset + large.size()) &&
          large.size() > found.size())
        found = text_.substr(offset, large.size());
    }
    return found;
  }

  std::optional<Spoken> money_with_sign_first(size_t offset, const Money& money) const {
    offset += money.major.sign.size();
    if (at(offset) == ' ') ++offset;
    return money_of(read_number(offset), money, 0);
  }

  // sign_length: of a sign behind the number, which belongs to it.
  std::optional<Spoken> money_of(const Number& number, const Money& money,
                                 size_t sign_length) const {
    if (const auto large = large_word(number.end); !large.empty() && sign_length == 0) {
      std::string words = words_.decimal(number.whole, number.fraction);
      words += forms_.blank;
      words += large;
      words += forms_.blank;
      const bool takes_of =
          !forms_.of.empty() && large != "mil" && large != "mille" && large != "mila";
      if (takes_of) words.append(forms_.of).append(forms_.blank);
      words += money.major.many;
      return Spoken{.end = static_cast<size_t>(large.data() - text_.data()) + large.size(),
                    .words = std::move(words)};
    }
    const size_t end = number.end + sign_length;
    if (is_letter_of_a_word(end)) return std::nullopt;
    const bool has_cents = number.fraction.size() == 2 && !money.minor.many.empty();
    if (!has_cents) return Spoken{.end = end, .words = with_noun(number, money.major)};
    const Number whole{.whole = number.whole};
    Number cents{.whole = number.fraction};
    if (cents.whole.front() == '0') cents.whole.erase(0, 1);
    std::string words =
        cents.whole == "0" || whole.whole != "0" ? with_noun(whole, money.major) : "";
    if (cents.whole != "0") {
      if (!words.empty()) words += forms_.blank;
      words += with_noun(cents, money.minor);
    }
    return Spoken{.end = end, .words = std::move(words)};
  }

  // A number with what stands behind it: percent, money, a unit, a counter; or alone.
  std::optional<Spoken> say_amount(size_t offset) const {
    const Number number = read_number(offset);
    if (at(number.end) == '/' && is_digit(at(number.end + 1))) return std::nullopt;  // 1/2, 24/7
    const size_t after = at(number.end) == ' ' ? number.end + 1 : number.end;
    if (at(after) == '%') {
      const std::string words = words_.decimal(number.whole, number.fraction);
      return Spoken{.end = after + 1, .words = filled(forms_.percent, "{}", words)};
    }
    for (const Money& money : forms_.money) {
      if (has(after, money.major.sign) && !is_digit(at(after + money.major.sign.size())))
        return money_of(number, money, after - number.end + money.major.sign.size());
    }
    for (const Noun& unit : forms_.units) {
      // A blank and one letter may be anything: "5 m", "5 g".
      if (after != number.end && unit.sign.size() < 2) continue;
      if (has(after, unit.sign) && !is_letter_of_a_word(after + unit.sign.size()))
        return Spoken{.end = after + unit.sign.size(), .words = with_noun(number, unit)};
    }
    if (is_letter_of_a_word(number.end)) return std::nullopt;
    return Spoken{.end = number.end, .words = say_bare(number)};
  }

  std::string say_bare(const Number& number) const {
    if (!number.fraction.empty()) return words_.decimal(number.whole, number.fraction);
    const bool is_code = (number.whole.size() > 1 && number.whole.front() == '0') ||
                         (number.whole.size() > 6 && !number.is_grouped);
    if (is_code) return words_.one_by_one(number.whole);
    for (const std::string_view counter : forms_.counters) {
      const size_t after = at(number.end) == ' ' ? number.end + 1 : number.end;
      if (has(after, counter)) return words_.counting(number.whole);
    }
    const bool is_year = forms_.language == "zh" ? has(number.end, "年") && number.whole.size() == 4
                                                 : looks_like_a_year(number);
    return is_year ? words_.year(number.whole) : words_.cardinal(number.whole);
  }

  bool looks_like_a_year(const Number& number) const {
    if (number.is_grouped || number.whole.size() != 4) return false;
    return number.whole >= "1100" && number.whole <= "2099";
  }

  // 2024-03-15 in every language, 3/15/2024 or 15.03.2024 in its own.
  std::optional<Spoken> say_date(size_t offset) const {
    std::array<size_t, 3> begins{};
    std::array<size_t, 3> ends{};
    begins[0] = offset;
    ends[0] = end_of_digits(offset);
    const char separator = at(ends[0]);
    const bool is_iso = separator == '-' && ends[0] - offset == 4;
    if (!is_iso && separator != forms_.date_separator) return std::nullopt;
    for (size_t i = 1; i < 3; ++i) {
      if (at(ends[i - 1]) != separator) return std::nullopt;
      begins[i] = ends[i - 1] + 1;
      ends[i] = end_of_digits(begins[i]);
    }
    if (is_letter_of_a_word(ends[2]) || at(ends[2]) == separator) return std::nullopt;
    const DateOrder order = is_iso ? DateOrder::kYearMonthDay : forms_.date_order;
    const size_t day = order == DateOrder::kYearMonthDay   ? 2
                       : order == DateOrder::kMonthDayYear ? 1
                                                           : 0;
    const size_t month = order == DateOrder::kMonthDayYear ? 0 : 1;
    const size_t year = order == DateOrder::kYearMonthDay ? 0 : 2;
    const auto part = [&](size_t i) { return text_.substr(begins[i], ends[i] - begins[i]); };
    const int day_number = small(part(day));
    const int month_number = small(part(month));
    if (part(year).size() != 4 || day_number < 1 || day_number > 31 || month_number < 1 ||
        month_number > 12)
      return std::nullopt;
    std::string words = filled(forms_.date, "{d}", say_day(day_number, offset));
    words = filled(words, "{m}", words_.month(month_number));
    return Spoken{.end = ends[2], .words = filled(words, "{y}", words_.year(part(year)))};
  }

  std::string say_day(int day, size_t offset) const {
    const std::string digits = std::to_string(day);
    if (forms_.language == "en") return words_.ordinal(digits);
    if (forms_.language == "de") return words_.ordinal(digits, german_form(offset));
    if (forms_.language == "fr" && day == 1) return words_.ordinal(digits);
    return words_.cardinal(digits);
  }

  // "der dritte", and after any other word "dritten".
  NumberWords::Ordinal german_form(size_t offset) const {
    const bool after_der = offset >= 4 && (has(offset - 4, "der ") || has(offset - 4, "Der "));
    return after_der ? NumberWords::Ordinal::kPlain : NumberWords::Ordinal::kOblique;
  }

  // The value of one or two digits; −1 of anything else.
  static int small(std::string_view digits) {
    if (digits.empty() || digits.size() > 2) return -1;
    int value = 0;
    for (const char digit : digits) value = value * 10 + (digit - '0');
    return value;
  }

  std::optional<Spoken> say_time(size_t offset) const {
    const size_t colon = end_of_digits(offset);
    if (at(colon) != ':') return std::nullopt;
    const size_t end = end_of_digits(colon + 1);
    const int hour = small(text_.substr(offset, colon - offset));
    const int minute = small(text_.substr(colon + 1, end - colon - 1));
    const bool is_time = hour >= 0 && hour <= 24 && minute >= 0 && minute <= 59 &&
                         end == colon + 3 && at(end) != ':' && !is_letter_of_a_word(end);
    if (!is_time) return std::nullopt;
    const bool is_full = minute == 0;
    const bool has_half_of_day = forms_.language == "en" && (has(end, " a") || has(end, " p"));
    const std::string minutes = std::to_string(minute);
    const std::string hours = forms_.language == "ko" && hour >= 1 && hour <= 12
                                  ? words_.counting(std::to_string(hour))
                                  : words_.cardinal(std::to_string(hour), hour_gender());
    std::string_view form = is_full ? forms_.hour : forms_.time;
    if (is_full && (has_half_of_day || (forms_.language == "en" && hour > 12))) form = "{h}";
    std::string words = filled(form, "{h}", hours);
    std::string spoken_minute = words_.cardinal(minutes);
    if (forms_.language == "en" && minute < 10) spoken_minute = "oh " + spoken_minute;
    // German and French name the hour themselves.
    size_t after = end;
    for (const std::string_view said : {" Uhr", " heures", " h"}) {
      if (forms_.time.find(said) != std::string_view::npos && has(end, said) &&
          !is_letter_of_a_word(end + said.size()))
        after = end + said.size();
    }
    return Spoken{.end = after, .words = filled(words, "{m}", spoken_minute)};
  }

  Gender hour_gender() const {
    const bool is_feminine =
        forms_.language == "fr" || forms_.language == "es" || forms_.language == "it";
    if (is_feminine) return Gender::kFeminine;
    return forms_.language == "de" ? Gender::kMasculine : Gender::kNone;
  }

  // 1.2.3: three numbers or more, which are no thousands.
  std::optional<Spoken> say_version(size_t offset) const {
    std::string words;
    size_t begin = offset;
    int count = 0;
    while (is_digit(at(begin)) && count < kMostParts) {
      const size_t end = end_of_digits(begin);
      if (!words.empty()) words.append(forms_.blank).append(forms_.point).append(forms_.blank);
      words += words_.cardinal(text_.substr(begin, end - begin));
      ++count;
      if (at(end) != '.' || !is_digit(at(end + 1))) {
        const Number whole = read_number(offset);
        if (count < 3 || is_letter_of_a_word(end) || whole.end >= end) return std::nullopt;
        return Spoken{.end = end, .words = std::move(words)};
      }
      begin = end + 1;
    }
    return std::nullopt;
  }

  // 10–20, and 10-20 where nothing else is joined to it.
  std::optional<Spoken> say_range(size_t offset) const {
    const Number from = read_number(offset);
    size_t dash = 0;
    for (const std::string_view sign : {"–", "-"}) {
      if (has(from.end, sign)) dash = sign.size();
    }
    const size_t second = from.end + dash;
    if (dash == 0 || !is_digit(at(second))) return std::nullopt;
    const Number to = read_number(second);
    const bool is_joined_on = at(to.end) == '-' || has(to.end, "–") || at(to.end) == '/';
    const bool are_codes = from.whole.size() > 4 || to.whole.size() > 4 ||
                           (from.whole.size() > 1 && from.whole.front() == '0') ||
                           (to.whole.size() > 1 && to.whole.front() == '0');
    if (is_joined_on || are_codes) return say_joined_digits(offset);
    const auto end = say_amount(second);
    if (!end) return std::nullopt;
    std::string words = say_bare(from);
    words.append(forms_.blank).append(forms_.to).append(forms_.blank).append(end->words);
    return Spoken{.end = end->end, .words = std::move(words)};
  }

  // 555-0123-4: digits, one by one.
  std::optional<Spoken> say_joined_digits(size_t offset) const {
    std::string words;
    size_t begin = offset;
    for (int part = 0; part < kMostParts; ++part) {
      const size_t end = end_of_digits(begin);
      if (!words.empty()) words += ", ";
      words += words_.one_by_one(text_.substr(begin, end - begin));
      const size_t dash = at(end) == '-' ? 1 : has(end, "–") ? std::string_view("–").size() : 0;
      if (dash == 0 || !is_digit(at(end + dash))) {
        if (is_letter_of_a_word(end)) return std::nullopt;
        return Spoken{.end = end, .words = std::move(words)};
      }
      begin = end + dash;
    }
    return std::nullopt;
  }

  std::optional<Spoken> say_ordinal(size_t offset) const {
    const size_t end = end_of_digits(offset);
    const std::string_view digits = text_.substr(offset, end - offset);
    using Ordinal = NumberWords::Ordinal;
    struct Suffix {
      std::string_view language, sign;
      Ordinal form;
    };
    constexpr std::array<Suffix, 14> kSuffixes = {{{"en", "st", Ordinal::kPlain},
                                                   {"en", "nd", Ordinal::kPlain},
                                                   {"en", "rd", Ordinal::kPlain},
                                                   {"en", "th", Ordinal::kPlain},
                                                   {"fr", "ère", Ordinal::kFeminine},
                                                   {"fr", "re", Ordinal::kFeminine},
                                                   {"fr", "er", Ordinal::kPlain},
                                                   {"fr", "ème", Ordinal::kPlain},
                                                   {"fr", "e", Ordinal::kPlain},
                                                   {"es", "º", Ordinal::kPlain},
                                                   {"es", "ª", Ordinal::kFeminine},
                                                   {"it", "º", Ordinal::kPlain},
                                                   {"it", "°", Ordinal::kPlain},
                                                   {"it", "ª", Ordinal::kFeminine}}};
    for (const Suffix& suffix : kSuffixes) {
      const size_t after = end + suffix.sign.size();
      if (suffix.language == forms_.language && has(end, suffix.sign) &&
          !is_letter_of_a_word(after))
        return Spoken{.end = after, .words = words_.ordinal(digits, suffix.form)};
    }
    if (forms_.language != "de" || small(digits) < 1 || !has(end, ". ")) return std::nullopt;
    for (int month = 1; month <= 12; ++month) {
      if (has(end + 2, words_.month(month)))
        return Spoken{.end = end + 1, .words = words_.ordinal(digits, german_form(offset))};
    }
    return std::nullopt;
  }

  std::string_view text_;
  const SpokenForms& forms_;
  NumberWords words_;
};

}  // namespace

Spanned expand(std::string_view text, std::string_view language) {
  const SpokenForms* forms = spoken_forms(language);
  if (forms == nullptr || std::none_of(text.begin(), text.end(), is_digit))
    return Spanned::verbatim(text);
  return Reader(text, *forms).read();
}

}  // namespace orpheus::text::reading
