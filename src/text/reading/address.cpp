// Addresses: 1428 Elm St, 12 S 1st St, Santa Clara, CA 95051; and numbers that a nearby word makes
// a row of digits: "zip", "पिन कोड".
#include <algorithm>

#include "text/reading/rules.h"

namespace orpheus::text::reading {
namespace {

constexpr int kMostWords = 5;

// House numbers: in pairs, like years; 708 digit by digit.
std::string house_number(const Sources& from, std::string_view digits) {
  if (digits.size() <= 2) return from.numbers.say(digits);
  if (digits.size() > 4) return from.numbers.one_by_one(digits);
  if (digits.size() == 4 && digits[2] != '0')
    return from.numbers.join(from.numbers.say(digits.substr(0, 2)),
                             from.numbers.say(digits.substr(2)));
  if (digits.size() == 3 && digits[1] != '0')
    return from.numbers.join(from.numbers.say(digits.substr(0, 1)),
                             from.numbers.say(digits.substr(1)));
  if (digits.ends_with("00"))
    return from.numbers.say(digits, digits.size() == 4 ? "year" : "cardinal");
  return from.numbers.one_by_one(digits);
}

// A street: a number, words with capitals, and a word for a street.
Reading street(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  const Language& language = from.language;
  const Table& streets = language.table("address.streets_folded");
  if (streets.empty()) return std::nullopt;
  const size_t digits = scan.end_of_digits(offset);
  const size_t number = scan.is_upper(digits) ? digits + 1 : digits;  // 221B
  if (digits - offset > 5 || scan.at(number) != ' ') return std::nullopt;
  std::string words;  // after the number
  if (number > digits) words = ' ' + std::string(scan.part(digits, number));
  size_t at = number + 1;
  for (int count = 0; count < kMostWords; ++count) {
    size_t end = at;
    while (scan.is_word(end)) end = scan.next(end);
    if (end == at || end - at > 30) return std::nullopt;
    const std::string word(scan.part(at, end));
    const std::string* name = count == 0 ? nullptr : streets.find(lower(word));
    const size_t behind = scan.at(end) == '.' ? end + 1 : end;
    const bool has_more =
        scan.at(behind) == ' ' && (scan.is_upper(behind + 1) || scan.is_digit(behind + 1));
    if (name != nullptr && scan.ends_token(end)) {
      words += ' ' + *name;
      // "Pennsylvania Ave NW"
      const std::string_view behind_street = scan.word_after(end);
      const std::string* part = language.table("address.directions_table").find(behind_street);
      if (part != nullptr && scan.at(end) == ' ') {
        end = scan.offset_of(behind_street) + behind_street.size();
        words += ' ' + *part;
        if (!scan.ends_token(end)) return std::nullopt;
      }
      // An abbreviation's stop is dropped, unless it ends the sentence.
      const bool has_stop = scan.at(end) == '.' && !scan.ends_paragraph(end + 1) &&
                            !(scan.at(end + 1) == ' ' && scan.is_upper(end + 2));
      return Said{.end = end + (has_stop ? 1 : 0),
                  .words = house_number(from, scan.part(offset, digits)) + words};
    }
    const std::string* direction = language.table("address.directions_table").find(word);
    if (scan.is_digit(at)) {
      const auto ordinal = say_ordinal(from, at);
      if (!ordinal || ordinal->end != end) return std::nullopt;
      words += ' ' + ordinal->words;
    } else if (!scan.is_upper(at)) {
      return std::nullopt;
    } else {
      words += ' ' + (direction != nullptr ? *direction : word);
    }
    at = end;
    if (direction != nullptr && scan.at(at) == '.') ++at;
    if (scan.at(at) != ' ') return std::nullopt;
    if (!has_more && streets.find(lower(scan.word_after(at))) == nullptr) return std::nullopt;
    ++at;
  }
  return std::nullopt;
}

// "CA 95051", or ", NY" at an end.
Reading state(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  const size_t end = scan.end_of_letters(offset);
  const std::string* name =
      from.language.table("address.states_table").find(scan.part(offset, end));
  if (name == nullptr) return std::nullopt;
  const size_t zip = scan.skip_blank(end);
  const size_t zip_end = scan.end_of_digits(zip);
  if (zip > end && zip_end == zip + 5) {
    size_t last = zip_end;
    std::string words = *name + " " + from.numbers.one_by_one(scan.part(zip, zip_end));
    if (scan.at(zip_end) == '-' && scan.end_of_digits(zip_end + 1) == zip_end + 5) {
      last = zip_end + 5;
      words += ", " + from.numbers.one_by_one(scan.part(zip_end + 1, last));
    }
    if (!scan.ends_token(last)) return std::nullopt;
    return Said{.end = last, .words = std::move(words)};
  }
  const bool is_behind_city =
      offset > 2 && scan.at(offset - 1) == ' ' && scan.at(offset - 2) == ',';
  const bool ends =
      scan.ends_paragraph(end) || (scan.at(end) == '.' && scan.ends_paragraph(end + 1));
  if (!is_behind_city || !ends) return std::nullopt;
  return Said{.end = end, .words = *name};
}

// Whether a word that asks for digits is near.
bool is_near_digit_word(const Sources& from, size_t offset) {
  constexpr size_t kBefore = 96;
  constexpr size_t kAfter = 160;
  const size_t begin = offset > kBefore ? offset - kBefore : 0;
  const size_t end = offset + kAfter;
  auto word = std::lower_bound(from.digit_words.begin(), from.digit_words.end(), begin,
                               [](const Range& range, size_t at) { return range.begin < at; });
  for (; word != from.digit_words.end() && word->begin < end; ++word)
    if (word->end <= end) return true;
  return false;
}

Reading digits_by_context(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  const Language& language = from.language;
  const size_t end = scan.end_of_digits(offset);
  const size_t size = end - offset;
  const std::string& least = language.text("address.least_digits");
  if (!least.empty() && size < static_cast<size_t>(std::stoi(least))) return std::nullopt;
  if (language.lists("address.digits_after", scan.word_before(offset))) {
    // 94105-1234
    const size_t more = size == 5 && scan.at(end) == '-' ? scan.end_of_digits(end + 1) : end;
    std::string digits = from.numbers.one_by_one(scan.part(offset, end));
    if (more == end + 5 && scan.ends_token(more)) {
      digits += ", " + from.numbers.one_by_one(scan.part(end + 1, more));
      return Said{.end = more, .words = std::move(digits)};
    }
    if (scan.ends_token(end)) return Said{.end = end, .words = std::move(digits)};
  }
  // 10115 Berlin: five digits at the beginning of a line or of a part of it, before a name.
  const bool begins_part = offset == 0 || scan.at(offset - 1) == '\n' ||
                           (offset > 1 && scan.at(offset - 1) == ' ' && scan.at(offset - 2) == ',');
  if (language.has("address.zip_before_names") && size == 5 && begins_part && scan.at(end) == ' ' &&
      scan.is_upper(end + 1))
    return Said{.end = end, .words = from.numbers.one_by_one(scan.part(offset, end))};
  const bool is_by_word = is_near_digit_word(from, offset) && !say_measure(from, offset);
  // A row of five digits after a name is a postal code.
  const std::string_view before = scan.word_before(offset);
  const size_t name = before.empty() ? 0 : scan.offset_of(before);
  const bool is_name = name > 0 && scan.is_upper(name) && scan.at(name - 1) == ' ' &&
                       name + before.size() + 1 == offset;
  const bool is_post = language.has("address.zip_behind_names") && size == 5 && is_name &&
                       (scan.ends_paragraph(end) || scan.at(end) == ',' || scan.at(end) == '.');
  if (!is_by_word && !is_post) return std::nullopt;
  if (is_post && !is_by_word && !scan.ends_token(end)) return std::nullopt;
  std::string words = from.numbers.one_by_one(scan.part(offset, end));
  size_t last = end;
  // 66-4, 840/1
  while (is_by_word) {
    const std::string* sign = language.table("address.signs_table")
                                  .find(scan.part(last, std::min(last + 1, scan.size())));
    const size_t next = scan.end_of_digits(last + 1);
    if (sign == nullptr || next == last + 1) break;
    words += language.blank() + *sign + language.blank();
    words += from.numbers.one_by_one(scan.part(last + 1, next));
    last = next;
  }
  if (!scan.ends_token(last)) return std::nullopt;
  return Said{.end = last, .words = std::move(words)};
}

}  // namespace

std::vector<Range> find_digit_words(std::string_view text, const Language& language) {
  std::vector<Range> found;
  if (text.find_first_of("0123456789") == std::string_view::npos) return found;
  for (const std::string& word : language.list("address.digits_with"))
    for (size_t at = text.find(word); at != std::string_view::npos;
         at = text.find(word, at + word.size()))
      found.push_back({at, at + word.size()});
  std::sort(found.begin(), found.end(),
            [](const Range& a, const Range& b) { return a.begin < b.begin; });
  return found;
}

Reading say_address(const Sources& from, size_t offset) {
  if (!from.scan.is_digit(offset)) return state(from, offset);
  if (auto said = street(from, offset)) return said;
  return digits_by_context(from, offset);
}

}  // namespace orpheus::text::reading
