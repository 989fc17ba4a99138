#include "text/reading/fold.h"

#include <algorithm>
#include <optional>

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include "text/reading/scan.h"

namespace orpheus::text::reading {
namespace {

std::string compatible(std::string_view sign) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* nfkc = icu::Normalizer2::getNFKCInstance(status);
  if (U_FAILURE(status)) return std::string(sign);
  const icu::UnicodeString plain =
      nfkc->normalize(icu::UnicodeString::fromUTF8(
                          icu::StringPiece(sign.data(), static_cast<int32_t>(sign.size()))),
                      status);
  std::string words;
  if (U_SUCCESS(status)) plain.toUTF8String(words);
  return words.empty() ? std::string(sign) : words;
}

std::string replaced(std::string text, std::string_view part, std::string_view by) {
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + by.size()))
    text.replace(at, part.size(), by);
  return text;
}

// The digit of a superscript; −1 of anything else, 10 of its minus.
int superscript(char32_t c) {
  if (c == U'¹') return 1;
  if (c == U'²') return 2;
  if (c == U'³') return 3;
  if (c == U'⁰' || (c >= U'⁴' && c <= U'⁹')) return static_cast<int>(c - U'⁰');
  return c == U'⁻' ? 10 : -1;
}

class Folder {
 public:
  Folder(std::string_view text, const Language& language) : scan_(text), language_(language) {}

  Spanned fold() {
    for (size_t at = 0; at < scan_.size();) {
      if ((static_cast<unsigned char>(scan_.at(at)) & 0x80U) == 0) {
        ++at;
        continue;
      }
      const size_t end = scan_.next(at);
      if (const size_t charge = charge_of_ion(at); charge > at) {
        at = charge;
        continue;
      }
      if (const size_t powers = power(at); powers > at) {
        at = powers;
        continue;
      }
      if (auto plain = plain_of(scan_.code(at), at, end); plain && *plain != scan_.part(at, end)) {
        keep(at);
        folded_.append_spoken(*plain, {at, end});
        kept_ = end;
      }
      at = end;
    }
    keep(scan_.size());
    return std::move(folded_);
  }

 private:
  void keep(size_t end) {
    if (end > kept_) folded_.append_verbatim(scan_.part(kept_, end), kept_);
    kept_ = end;
  }

  // The digits of Ca²⁺ and SO₄²⁻ as " 2"; their sign stays.
  size_t charge_of_ion(size_t at) {
    if (at == 0 || scan_.is_digit(at - 1)) return at;
    std::string digits = " ";
    size_t end = at;
    for (int value = superscript(scan_.code(end)); value >= 0 && value < 10;
         value = superscript(scan_.code(end))) {
      digits += std::to_string(value);
      end = scan_.next(end);
    }
    const bool has_sign = scan_.code(end) == U'⁺' || scan_.code(end) == U'⁻';
    if (end == at || !has_sign || superscript(scan_.code(scan_.next(end))) >= 0) return at;
    keep(at);
    folded_.append_spoken(digits, {at, end});
    kept_ = end;
    return end;
  }

  // 10³ as 10^3, cm⁻¹ as cm^-1; without a minus behind a letter it is a unit's power, which stays.
  size_t power(size_t at) {
    if (at == 0 || superscript(scan_.code(at)) < 0) return at;
    const bool is_below = superscript(scan_.code(at)) == 10 &&
                          scan_.is_letter(scan_.previous(at)) &&
                          superscript(scan_.code(scan_.next(at))) >= 0;
    if (!scan_.is_digit(at - 1) && !is_below) return at;
    std::string digits = "^";
    size_t end = at;
    for (int value = superscript(scan_.code(end)); value >= 0;
         value = superscript(scan_.code(end))) {
      digits += value == 10 ? std::string("-") : std::to_string(value);
      end = scan_.next(end);
    }
    keep(at);
    folded_.append_spoken(digits, {at, end});
    kept_ = end;
    return end;
  }

  std::optional<std::string> plain_of(char32_t c, size_t at, size_t end) const {
    const auto point = static_cast<UChar32>(c);
    const int32_t digit = u_charDigitValue(point);
    if (digit >= 0 && u_charType(point) == U_DECIMAL_DIGIT_NUMBER) return std::to_string(digit);
    const std::string_view sign = scan_.part(at, end);
    if ((c >= 0xBC && c <= 0xBE) || (c >= 0x2150 && c <= 0x215E)) {
      const std::string fraction = replaced(compatible(sign), "\u2044", "/");
      return (at > 0 && scan_.is_digit(at - 1) ? " " : "") + fraction +
             (scan_.is_word(end) ? " " : "");
    }
    const double value = u_getNumericValue(point);
    const bool is_numeral = u_charType(point) == U_OTHER_NUMBER && superscript(c) < 0 &&
                            value >= 0 && value <= 1000 && value == static_cast<int>(value);
    if (is_numeral) {  // ①②
      const bool follows =
          at > 0 &&
          (scan_.is_word(scan_.previous(at)) ||
           u_charType(static_cast<UChar32>(scan_.code(scan_.previous(at)))) == U_OTHER_NUMBER);
      return (follows ? " " : "") + std::to_string(static_cast<int>(value));
    }
    if (c >= 0x2090 && c <= 0x209C) return " " + compatible(sign);  // aₙ
    if (c == U'ⁿ') return "^n";
    if (c == 0x2044) return "/";
    if (c == 0x66A) return "%";  // Arabic signs
    if (c == 0x66B) return language_.text("numbers.decimal");
    if (c == 0x2010 || c == 0x2011) return "-";
    if (c == 0x2D9 || c == 0x2DA) return "°";  // ˚
    if (c == U'º' && (scan_.at(end) == 'C' || scan_.at(end) == 'F') && !scan_.is_letter(end + 1))
      return "°";
    if (c == 0x2103 || c == 0x2109) return compatible(sign);
    if ((c >= 0x3371 && c <= 0x33DF) || (c >= 0x2160 && c <= 0x217F)) {
      std::string unit = compatible(sign);
      if (c >= 0x3371 && unit.ends_with("2")) unit.replace(unit.size() - 1, 1, "²");
      if (c >= 0x3371 && unit.ends_with("3")) unit.replace(unit.size() - 1, 1, "³");
      return replaced(unit, "\u2215", "/");
    }
    if (c >= 0xFFE0 && c <= 0xFFE6) return compatible(sign);
    if (c >= 0xFF01 && c <= 0xFF5E) return plain_of_wide(c, at, end);
    const bool is_raised = language_.has("fold.raised_letters") &&
                           u_charType(point) == U_MODIFIER_LETTER && at > 0 &&
                           (scan_.is_word(scan_.previous(at)) || scan_.at(at - 1) == '.');
    if (is_raised && u_getIntPropertyValue(point, UCHAR_DECOMPOSITION_TYPE) == U_DT_SUPER)
      return compatible(sign);
    return std::nullopt;
  }

  // Letters and digits; of the signs those that stop no sentence.
  std::optional<std::string> plain_of_wide(char32_t c, size_t at, size_t end) const {
    const auto plain = static_cast<char>(c - 0xFF01 + '!');
    const bool is_alnum = u_isalnum(plain) != 0;
    constexpr std::string_view kSigns = "%$#&@+-/=~*";
    const bool is_sign = kSigns.find(plain) != std::string_view::npos;
    const auto is_digit_near = [&](size_t near) {
      const int32_t value = u_charDigitValue(static_cast<UChar32>(scan_.code(near)));
      return value >= 0;
    };
    const bool is_within = (plain == '.' || plain == ':') && at > 0 &&
                           is_digit_near(scan_.previous(at)) && is_digit_near(end);
    if (!is_alnum && !is_sign && !is_within) return std::nullopt;
    return std::string(1, plain);
  }

  Scan scan_;
  const Language& language_;
  Spanned folded_;
  size_t kept_ = 0;
};

}  // namespace

Spanned fold(std::string_view text, const Language& language) {
  const bool is_ascii =
      std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
  return is_ascii ? Spanned::verbatim(text) : Folder(text, language).fold();
}

}  // namespace orpheus::text::reading
