#include "http/json_text.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

namespace orpheus::http {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// The largest double is 1.797…e308. Values from kFirstTooLarge × 10^289 on round to infinity.
constexpr int64_t kLargestExponent = 308;
constexpr std::string_view kFirstTooLarge = "17976931348623158080";

// Compares the first digits only, because a number may have a million digits.
bool is_beyond_a_double(std::string_view number) {
  if (number.starts_with('-')) number.remove_prefix(1);
  const size_t end_of_digits = std::min(number.find_first_of("eE"), number.size());
  const std::string_view digits = number.substr(0, end_of_digits);
  const size_t first = digits.find_first_of("123456789");
  if (first == std::string_view::npos) return false;
  int64_t exponent = 0;
  if (end_of_digits < number.size()) {
    std::string_view written = number.substr(end_of_digits + 1);
    if (written.starts_with('+')) written.remove_prefix(1);
    const auto [stopped, error] =
        std::from_chars(written.data(), written.data() + written.size(), exponent);
    constexpr int64_t kBeyondAnyLength = INT64_MAX / 2;
    if (error != std::errc() || exponent > kBeyondAnyLength || exponent < -kBeyondAnyLength)
      return !written.starts_with('-');
  }
  const auto point = static_cast<int64_t>(std::min(digits.find('.'), digits.size()));
  const auto place = static_cast<int64_t>(first);
  exponent += place < point ? point - place - 1 : point - place;
  if (exponent != kLargestExponent) return exponent > kLargestExponent;
  std::string leading;
  for (size_t at = first; at < digits.size() && leading.size() < kFirstTooLarge.size(); ++at)
    if (digits[at] != '.') leading += digits[at];
  return leading >= kFirstTooLarge;
}

// A position in a text. The skip functions move it behind a token; at a fault they return false and
// leave it there.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  size_t offset() const { return at_; }
  bool is_at_end() const { return at_ == text_.size(); }
  char now() const { return is_at_end() ? '\0' : text_[at_]; }
  void pass() { ++at_; }

  void skip_blanks() {
    while (!is_at_end() && is_blank(text_[at_])) ++at_;
  }
  bool take(char c) {
    const bool is_there = !is_at_end() && text_[at_] == c;
    at_ += is_there ? 1 : 0;
    return is_there;
  }
  bool skip_string();
  // A string, number, true, false or null.
  bool skip_scalar();

 private:
  bool skip_word(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  bool skip_digits() {
    const size_t from = at_;
    while (is_digit(now())) ++at_;
    return at_ > from;
  }
  bool skip_escape();
  bool skip_number();

  std::string_view text_;
  size_t at_ = 0;
};

bool Scanner::skip_escape() {
  constexpr size_t kHexDigits = 4;
  if (is_at_end()) return false;
  const char kind = text_[at_++];
  if (kind != 'u') return std::string_view("\"\\/bfnrt").find(kind) != std::string_view::npos;
  for (size_t i = 0; i < kHexDigits; ++i, ++at_)
    if (!is_hex(now())) return false;
  return true;
}

bool Scanner::skip_string() {
  if (!take('"')) return false;
  while (!is_at_end()) {
    const auto c = static_cast<unsigned char>(text_[at_]);
    if (c < 0x20) return false;
    ++at_;
    if (c == '"') return true;
    if (c == '\\' && !skip_escape()) return false;
  }
  return false;
}

bool Scanner::skip_number() {
  const size_t from = at_;
  take('-');
  if (!take('0') && !skip_digits()) return false;
  if (take('.') && !skip_digits()) return false;
  const bool has_exponent = take('e') || take('E');
  if (has_exponent) {
    if (!take('+')) take('-');
    if (!skip_digits()) return false;
  }
  const bool is_short = at_ - from <= static_cast<size_t>(kLargestExponent);
  return (is_short && !has_exponent) || !is_beyond_a_double(text_.substr(from, at_ - from));
}

bool Scanner::skip_scalar() {
  switch (now()) {
    case '"': return skip_string();
    case 't': return skip_word("true");
    case 'f': return skip_word("false");
    case 'n': return skip_word("null");
    default: return skip_number();
  }
}

// The text must have no fault.
void skip_value(Scanner& scanner) {
  int depth = 0;
  do {
    const char c = scanner.now();
    if (c == '{' || c == '[') {
      ++depth;
      scanner.pass();
    } else if (c == '}' || c == ']') {
      --depth;
      scanner.pass();
    } else if (c == ',' || c == ':' || is_blank(c)) {
      scanner.pass();
    } else {
      if (!scanner.skip_scalar()) return;
    }
  } while (depth > 0 && !scanner.is_at_end());
}

std::string_view next_value(Scanner& scanner, std::string_view text) {
  scanner.skip_blanks();
  const size_t from = scanner.offset();
  skip_value(scanner);
  const std::string_view value = text.substr(from, scanner.offset() - from);
  scanner.skip_blanks();
  return value;
}

void append_code_point(std::string& text, uint32_t code_point) {
  const auto append = [&](uint32_t byte) { text += static_cast<char>(byte); };
  const auto append_tail = [&](uint32_t shift) { append(0x80U | ((code_point >> shift) & 0x3FU)); };
  if (code_point < 0x80) return append(code_point);
  if (code_point < 0x800) {
    append(0xC0U | (code_point >> 6U));
  } else {
    append(code_point < 0x10000 ? 0xE0U | (code_point >> 12U) : 0xF0U | (code_point >> 18U));
    if (code_point >= 0x10000) append_tail(12);
    append_tail(6);
  }
  append_tail(0);
}

// The UTF-16 code unit of an escape (\ud83d) at the start. Nothing if there is none.
std::optional<uint32_t> unit_of(std::string_view escape) {
  constexpr size_t kEscapeBytes = 6;
  if (escape.size() < kEscapeBytes || !escape.starts_with("\\u")) return std::nullopt;
  uint32_t unit = 0;
  std::from_chars(escape.data() + 2, escape.data() + kEscapeBytes, unit, 16);
  return unit;
}

bool is_high(uint32_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool is_low(uint32_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

// Returns the length of the escape, or of a surrogate pair, in bytes.
size_t append_escape(std::string& text, std::string_view escape) {
  constexpr size_t kEscapeBytes = 6;
  if (const auto unit = unit_of(escape)) {
    const auto next = unit_of(escape.substr(kEscapeBytes));
    if (is_high(*unit) && next && is_low(*next)) {
      append_code_point(text, 0x10000 + ((*unit - 0xD800) << 10U) + (*next - 0xDC00));
      return 2 * kEscapeBytes;
    }
    append_code_point(text, is_high(*unit) || is_low(*unit) ? 0xFFFD : *unit);
    return kEscapeBytes;
  }
  constexpr std::string_view kWritten = "bfnrt";
  constexpr std::string_view kMeant = "\b\f\n\r\t";
  const size_t which = kWritten.find(escape[1]);
  text += which == std::string_view::npos ? escape[1] : kMeant[which];
  return 2;
}

}  // namespace

std::optional<JsonFault> find_json_fault(std::string_view text, int max_depth) {
  Scanner scanner(text);
  const auto fault = [&](JsonFault::Kind kind = JsonFault::Kind::kSyntax) {
    return JsonFault{.offset = scanner.offset(), .kind = kind};
  };
  std::string open;  // '{' and '['
  bool expects_value = true;
  while (true) {
    scanner.skip_blanks();
    if (expects_value) {
      const char c = scanner.now();
      if (c == '{' || c == '[') {
        if (std::cmp_equal(open.size(), max_depth)) return fault(JsonFault::Kind::kTooDeep);
        scanner.pass();
        open += c;
        scanner.skip_blanks();
        expects_value = scanner.now() != (c == '{' ? '}' : ']');
        if (!expects_value || c == '[') continue;
      } else {
        if (!scanner.skip_scalar()) return fault();
        expects_value = false;
        continue;
      }
    } else if (open.empty()) {
      if (scanner.is_at_end()) return std::nullopt;
      return fault();
    } else if (scanner.take(open.back() == '{' ? '}' : ']')) {
      open.pop_back();
      continue;
    } else if (!scanner.take(',')) {
      return fault();
    } else {
      expects_value = true;
      if (open.back() == '[') continue;
      scanner.skip_blanks();
    }
    // The name of a member.
    if (!scanner.skip_string()) return fault();
    scanner.skip_blanks();
    if (!scanner.take(':')) return fault();
  }
}

std::string_view trim_json(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

void visit_members(std::string_view object, const VisitMember& visit) {
  Scanner scanner(object);
  scanner.take('{');
  scanner.skip_blanks();
  while (!scanner.is_at_end() && scanner.now() != '}') {
    const std::string_view name = next_value(scanner, object);
    scanner.take(':');
    if (!visit(name, next_value(scanner, object))) return;
    scanner.take(',');
    scanner.skip_blanks();
  }
}

void visit_elements(std::string_view array, const VisitElement& visit) {
  Scanner scanner(array);
  scanner.take('[');
  scanner.skip_blanks();
  while (!scanner.is_at_end() && scanner.now() != ']') {
    if (!visit(next_value(scanner, array))) return;
    scanner.take(',');
    scanner.skip_blanks();
  }
}

std::string unescape_json(std::string_view quoted) {
  std::string_view rest = quoted.substr(1, quoted.size() - 2);
  std::string text;
  text.reserve(rest.size());  // an escape is at least as long as its character
  while (!rest.empty()) {
    const size_t plain = std::min(rest.find('\\'), rest.size());
    text += rest.substr(0, plain);
    rest.remove_prefix(plain);
    if (!rest.empty()) rest.remove_prefix(append_escape(text, rest));
  }
  return text;
}

}  // namespace orpheus::http
