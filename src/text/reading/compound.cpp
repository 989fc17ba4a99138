// Measures of two units and more: 2h 30m, 1h30, 3d 4h, 2 hrs. 15 mins., 5 lbs 3 oz, 6 ft 2 in, 90m
// 5s. A sign with another meaning on its own (m, d, in) has this meaning after a greater unit.
#include <algorithm>
#include <vector>

#include "text/reading/rules.h"

namespace orpheus::text::reading {
namespace {

constexpr size_t kMostParts = 4;
constexpr size_t kMostDigits = 4;  // of one part
constexpr size_t kLongestSign = 24;

struct Part {
  Number number;
  std::string id;              // CLDR's
  size_t end = 0;              // behind the sign
  bool is_short_form = false;  // a stop belongs to it: "Min."
  bool has_stop = false;       // "hrs.": the stop is at `end`
};

// The unit of the letters on their own; "" for none.
std::string unit_of(const Sources& from, std::string_view sign) {
  for (const Language* language : {&from.language, &Language::shared()}) {
    if (const std::string* id = language->table("measure.symbols_table").find(sign)) return *id;
    if (const std::string* id = language->table("symbols_table").find(sign)) return *id;
  }
  return "";
}

// The unit of the letters if a smaller unit follows: minutes in 1m 30s, although m alone is metres.
std::string first_unit(std::string_view sign) {
  const std::string* first = Language::shared().table("compounds.first_table").find(sign);
  return first == nullptr ? "" : *first;
}

// Units that may follow a unit: "minute:m" after "hour". Returns the unit if the letters mean it.
std::string unit_behind(const Sources& from, std::string_view greater, std::string_view sign) {
  const std::string* next = Language::shared().table("compounds.smaller_table").find(greater);
  if (next == nullptr) return "";
  const size_t colon = next->find(':');
  std::string id = next->substr(0, colon);
  const bool is_meant =
      sign == std::string_view(*next).substr(colon + 1) || unit_of(from, sign) == id;
  return is_meant ? id : "";
}

// greater: the unit before; "" for the first part, "?" for a first part whose sign asks for a
// second.
std::optional<Part> part_at(const Sources& from, size_t offset, std::string_view greater) {
  const Scan& scan = from.scan;
  const auto number = parse_number(scan, from.language, offset);
  if (!number || number->is_grouped || number->whole.empty() || number->whole.size() > kMostDigits)
    return std::nullopt;
  const size_t sign = scan.skip_blank(number->end);
  const size_t end = scan.end_of_letters(sign);
  if (end - sign > kLongestSign) return std::nullopt;
  Part part{.number = *number, .id = {}, .end = end};
  const std::string_view letters = scan.part(sign, end);
  if (letters.empty() && greater != "hour") return std::nullopt;
  // 1h30: exactly two digits. 14h30 is a time of day in languages that write it this way.
  const std::vector<std::string>& separators = from.language.list("time.separators");
  const bool is_hour_sign =
      std::find(separators.begin(), separators.end(), "h") != separators.end();
  if (greater == "hour" && is_hour_sign && scan.is_letter(scan.previous(offset)))
    return std::nullopt;
  const bool is_bare = letters.empty() && number->whole.size() == 2 && number->is_whole() &&
                       greater == "hour" && scan.is_letter(scan.previous(offset));
  if (is_bare) {
    part.id = "minute";
    part.end = number->end;
    return part;
  }
  if (letters.empty()) return std::nullopt;
  part.id = greater.empty()  ? unit_of(from, letters)
            : greater == "?" ? first_unit(letters)
                             : unit_behind(from, greater, letters);
  part.has_stop = scan.at(end) == '.';
  part.is_short_form = part.has_stop && !unit_of(from, scan.part(sign, end + 1)).empty();
  return part.id.empty() ? std::nullopt : std::optional(part);
}

std::string words_of(const Sources& from, const Part& part) {
  const bool is_feminine = from.language.lists("measure.feminine", part.id);
  const std::string* set = from.language.table("measure.sets_table").find(part.id);
  const std::string number =
      from.numbers.say(part.number, set != nullptr ? std::string_view(*set)
                                    : is_feminine  ? "feminine"
                                    : from.language.has("numbers.masculine") ? "masculine"
                                                                             : "cardinal");
  return from.names.counted(part.id, part.number.value(), number);
}

}  // namespace

namespace {

Reading compound(const Sources& from, size_t offset, std::string_view first) {
  const Scan& scan = from.scan;
  auto part = part_at(from, offset, first);
  if (!part || !Language::shared().table("compounds.smaller_table").has(part->id))
    return std::nullopt;
  std::vector<Part> parts = {*part};
  while (parts.size() < kMostParts) {
    const size_t next = scan.skip_blank(parts.back().end + (parts.back().has_stop ? 1 : 0));
    if (!scan.is_digit(next)) break;
    const auto smaller = part_at(from, next, parts.back().id);
    if (!smaller) break;
    parts.push_back(*smaller);
  }
  Said said{.end = parts.back().end, .words = {}};
  if (parts.size() == 1 || !scan.ends_token(said.end)) return std::nullopt;
  for (const Part& each : parts) said.words = from.numbers.join(said.words, words_of(from, each));
  const bool is_short_form =
      parts.back().has_stop && (stop_is_of_word(scan, said.end) || parts.back().is_short_form);
  if (is_short_form && !scan.ends_paragraph(said.end + 1)) ++said.end;
  return said;
}

}  // namespace

Reading say_compound(const Sources& from, size_t offset) {
  if (from.language.text("measure.percent").empty()) return std::nullopt;
  if (auto usual = compound(from, offset, "")) return usual;
  return compound(from, offset, "?");
}

}  // namespace orpheus::text::reading
