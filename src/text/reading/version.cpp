// Versions and addresses of computers: 1.2.3, v2.0, Python3.11, 192.168.1.1.
#include "text/reading/rules.h"

namespace orpheus::text::reading {
namespace {

constexpr size_t kMostParts = 8;

struct Suffix {
  size_t end = 0;
  std::string words;
};

// "-beta.1", "rc1": letters, and digits behind them.
Suffix suffix_at(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  const size_t letters = scan.at(offset) == '-' ? offset + 1 : offset;
  const size_t end = scan.end_of_letters(letters);
  const std::string_view name = scan.part(letters, end);
  const bool is_known = Language::shared().lists("versions.suffixes", name);
  if (!is_known) return {};
  const size_t digits = end + (scan.at(end) == '.' || scan.at(end) == '-' ? 1 : 0);
  const size_t behind = scan.end_of_digits(digits);
  const bool has_digits = behind > digits;
  Suffix suffix{.end = has_digits ? behind : end, .words = std::string(name)};
  if (has_digits)
    suffix.words = from.numbers.join(suffix.words, from.numbers.say(scan.part(digits, behind)));
  return scan.ends_token(suffix.end) ? suffix : Suffix{};
}

// 00:1A:2B:3C:4D:5E: six pairs of hexadecimal digits, each sign by itself.
Reading hardware_address(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  const auto is_hexadecimal = [&](size_t at) {
    const char c = scan.at(at);
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  };
  constexpr int kPairs = 6;
  const char between = scan.at(std::min(offset + 2, scan.size()));
  if (between != ':' && between != '-') return std::nullopt;
  std::string words;
  size_t at = offset;
  for (int pair = 0; pair < kPairs; ++pair, at += 2) {
    if (pair > 0 && scan.at(at++) != between) return std::nullopt;
    if (!is_hexadecimal(at) || !is_hexadecimal(at + 1)) return std::nullopt;
    if (pair > 0) words += from.language.text("telephone.between");
    std::string signs;
    for (const size_t sign : {at, at + 1}) {
      const std::string_view one = scan.part(sign, sign + 1);
      signs = from.numbers.join(
          signs, scan.is_digit(sign) ? from.numbers.one_by_one(one) : std::string(one));
    }
    words += signs;
  }
  if (!scan.ends_token(at)) return std::nullopt;
  return Said{.end = at, .words = std::move(words)};
}

}  // namespace

Reading say_version(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  if (auto address = hardware_address(from, offset)) return address;
  const std::string& point = from.language.text("version.point");
  if (point.empty()) return std::nullopt;
  size_t begin = scan.end_of_letters(offset);
  std::string name(scan.part(offset, begin));
  const bool is_short = name == "v";
  if (is_short || name == "V") {
    const std::string& version = from.language.text("version.name");
    const bool is_said = lower(scan.word_before(offset)) == version;
    name = is_said ? "" : version;
  }
  std::vector<std::string_view> parts;
  size_t end = begin;
  for (size_t at = begin; parts.size() < kMostParts;) {
    const size_t digits = scan.end_of_digits(at);
    if (digits == at) break;
    parts.push_back(scan.part(at, digits));
    end = digits;
    if (scan.at(digits) != '.') break;
    at = digits + 1;
  }
  // 2.0.0-beta.1, 3.12.0rc1
  const Suffix suffix = parts.size() >= 2 ? suffix_at(from, end) : Suffix{};
  if (suffix.end > end) end = suffix.end;
  const size_t least = is_short ? 1 : begin > offset ? 2 : 3;
  if (parts.size() < least || !scan.ends_token(end)) return std::nullopt;
  if (begin == offset) {
    const auto number = parse_number(scan, from.language, offset);
    if (number && number->end >= end) return std::nullopt;  // thousands
  }
  const bool is_address = parts.size() == 4 && begin == offset;
  std::string words;
  for (const std::string_view part : parts) {
    if (!words.empty()) {
      const std::string& dot = from.language.text("version.address_point");
      words = from.numbers.join(words, is_address && !dot.empty() ? dot : point);
    }
    const bool is_each = is_address || part.front() == '0' || part.size() > 3;
    words =
        from.numbers.join(words, is_each ? from.numbers.one_by_one(part) : from.numbers.say(part));
  }
  if (!suffix.words.empty()) words = from.numbers.join(words, suffix.words);
  const std::string& version_name = from.language.text("version.name");
  const std::string_view gap = name == version_name ? std::string_view(from.language.blank()) : " ";
  if (!name.empty()) words = name + std::string(gap) + words;
  return Said{.end = end, .words = std::move(words)};
}

}  // namespace orpheus::text::reading
