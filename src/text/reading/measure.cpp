// Measures: 5 km, 20°C, 5 GB/s, 65 m², 50%, 6'2", 12", 25 x 7 m, 12kg/kg.
#include <algorithm>
#include <tuple>

#include <unicode/uchar.h>

#include "text/reading/rules.h"

namespace orpheus::text::reading {
namespace {

struct Unit {
  size_t end = 0;
  std::string id;  // CLDR's
};

// One unit without its power and divisor.
std::optional<Unit> simple_unit_at(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  if (offset >= scan.size()) return std::nullopt;
  const std::string_view rest = scan.text().substr(offset);
  const auto may_end = [&](size_t size) {
    const size_t end = offset + size;
    return !scan.is_letter(end) && !(scan.is_digit(end) && scan.is_letter(scan.previous(end)));
  };
  const Table& own = from.language.table("measure.symbols_table");
  const Table& shared = Language::shared().table("symbols_table");
  const size_t own_size = own.longest_at(rest, may_end);
  const size_t shared_size = shared.longest_at(rest, may_end);
  const size_t size = std::max(own_size, shared_size);
  if (size == 0) return std::nullopt;
  const std::string_view symbol = rest.substr(0, size);
  const std::string& id = own_size == size ? *own.find(symbol) : *shared.find(symbol);
  if (id.empty()) return std::nullopt;  // the sign has another meaning in this language
  return Unit{offset + size, id};
}

std::optional<Unit> unit_at(const Sources& from, size_t offset) {
  const auto powered = [&](size_t at) {
    auto unit = simple_unit_at(from, at);
    if (!unit) return unit;
    const auto power = [&](std::string_view raised, std::string_view caret) -> size_t {
      if (from.scan.has(unit->end, raised)) return raised.size();
      const size_t end = unit->end + caret.size();
      return from.scan.has(unit->end, caret) && !from.scan.is_digit(end) ? caret.size() : 0;
    };
    if (const size_t two = power("²", "^2"))
      unit = Unit{unit->end + two, "square-" + unit->id};
    else if (const size_t three = power("³", "^3"))
      unit = Unit{unit->end + three, "cubic-" + unit->id};
    else if (const size_t below = power("⁻¹", "^-1"))
      unit = Unit{unit->end + below, "per-" + unit->id};
    return unit;
  };
  auto unit = powered(offset);
  if (!unit || from.scan.at(unit->end) != '/') return unit;
  const auto below = powered(unit->end + 1);
  if (!below) return unit;
  const std::string_view above = unit->id;
  // CLDR has no such unit, but writing does.
  return Unit{below->end,
              above == below->id ? unit->id + "/" + below->id : unit->id + "-per-" + below->id};
}

std::string without_number(std::string pattern) {
  const size_t at = pattern.find("{}");
  if (at != std::string::npos) pattern.erase(at, 2);
  const size_t first = pattern.find_first_not_of(' ');
  return first == std::string::npos ? "" : pattern.substr(first);
}

std::string with_unit(const Sources& from, const Amount& amount, const Unit& unit,
                      const std::string& number, double value) {
  if (!from.names.unit(unit.id, value).empty() && amount.is_plain)
    return from.names.counted(unit.id, value, number);
  const auto named = [&](std::string_view id, double n) { return from.names.unit(id, n); };
  std::string pattern = named(unit.id, value);
  if (pattern.empty()) {
    const bool is_same = unit.id.find('/') != std::string::npos;
    const size_t per = is_same ? unit.id.find('/') : unit.id.find("-per-");
    if (per == std::string::npos) return "";
    const std::string below = unit.id.substr(per + (is_same ? 1 : 5));
    pattern = named(unit.id.substr(0, per), value) + from.language.blank() +
              filled(from.language.text("measure.per"), "u", without_number(named(below, 1)));
  }
  return filled(pattern, "", number);
}

// Whether a sign of feet or inches may stand behind a number whose first digits end here.
bool has_mark_near(const Scan& scan, size_t offset) {
  constexpr size_t kNear = 16;  // "1 11/16"
  for (size_t at = offset; at < scan.size() && at < offset + kNear; ++at)
    if (scan.at(at) == '\'' || scan.at(at) == '"' || !scan.is_ascii(at)) return true;
  return false;
}

// Whether a quote is open here: the sign of inches behind a number would close it. A quote behind a
// digit is such a sign itself.
bool closes_quote(const Scan& scan, size_t offset) {
  constexpr size_t kNear = 400;
  std::string_view before = scan.part(offset > kNear ? offset - kNear : 0, offset);
  before = before.substr(before.rfind('\n') + 1);  // of this paragraph; all where it begins earlier
  if (before.find("“") != std::string_view::npos) return true;
  bool is_open = false;
  for (size_t at = before.find('"'); at != std::string_view::npos; at = before.find('"', at + 1)) {
    const bool is_behind_digit = at > 0 && before[at - 1] >= '0' && before[at - 1] <= '9';
    if (is_open || !is_behind_digit) is_open = !is_open;
  }
  return is_open;
}

// 6'2" and 5': feet and inches.
Reading feet_and_inches(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  if (from.language.text("measure.feet").empty()) return std::nullopt;
  const size_t feet = scan.end_of_digits(offset);
  if (feet == offset || !has_mark_near(scan, feet)) return std::nullopt;
  const auto mark = [&](size_t at, std::string_view plain, std::string_view prime,
                        std::string_view curly) -> size_t {
    for (const std::string_view sign : {plain, prime, curly})
      if (scan.has(at, sign)) return sign.size();
    return 0;
  };
  const auto inches_mark = [&](size_t at) { return mark(at, "\"", "″", "”"); };
  const auto said = [&](std::string_view digits, const char* id) {
    const Number number{.whole = std::string(digits)};
    return filled(from.names.unit(id, number.value()), "", from.numbers.say(digits));
  };
  const std::string_view first = scan.part(offset, feet);
  if (const size_t foot = mark(feet, "'", "′", "’"); foot > 0 && feet - offset <= 2) {
    const size_t second = feet + foot;
    const size_t end = scan.end_of_digits(second);
    const size_t inch = inches_mark(end);
    if (end == second || end - second > 2 || inch == 0) return std::nullopt;
    return Said{
        .end = end + inch,
        .words = from.numbers.join(said(first, "foot"), said(scan.part(second, end), "inch"))};
  }
  const auto inches = parse_amount(from, offset, "cardinal");
  const size_t inch = inches ? inches_mark(inches->end) : 0;
  if (inch == 0 || feet - offset > 3) return std::nullopt;
  if (!scan.has(inches->end, "″") && closes_quote(scan, offset)) return std::nullopt;
  const bool is_of_one = from.language.lists("measure.singular_after", scan.word_before(offset)) &&
                         scan.at(inches->end + inch) == ' ';
  return Said{.end = inches->end + inch,
              .words = filled(from.names.unit("inch", is_of_one ? 1 : inches->count), "",
                              inches->words(from))};
}

// 25 x 7: the place of the second number, after a sign for "by".
size_t by_at(const Scan& scan, size_t offset) {
  size_t at = scan.skip_blank(offset);
  const size_t sign = scan.at(at) == 'x' ? 1 : scan.has(at, "×") ? std::string_view("×").size() : 0;
  if (sign == 0) return 0;
  const bool has_blank = at > offset;
  at += sign;
  if (has_blank != (scan.at(at) == ' ')) return 0;
  at = scan.skip_blank(at);
  return scan.is_digit(at) ? at : 0;
}

constexpr int kMostDimensions = 4;

// A number and its unit. behind: where the unit begins.
Reading words_of(const Sources& from, size_t offset, const Amount& amount, const Unit& unit) {
  const Scan& scan = from.scan;
  std::string number;
  const bool is_feminine = from.language.lists("measure.feminine", unit.id);
  const std::string* set = from.language.table("measure.sets_table").find(unit.id);
  if (!amount.is_plain || !amount.number.fraction.empty())
    number = amount.words(from);
  else
    number = from.numbers.say(amount.number, set != nullptr ? std::string_view(*set)
                                             : is_feminine  ? "feminine"
                                             : from.language.has("numbers.masculine") ? "masculine"
                                                                                      : "cardinal");
  // "a 12-inch pizza" is written "a 12\" pizza" too.
  const bool is_of_one = from.language.lists("measure.singular_after", scan.word_before(offset)) &&
                         scan.at(unit.end) == ' ' && scan.is_letter(unit.end + 1);
  std::string words = with_unit(from, amount, unit, number, is_of_one ? 1 : amount.count);
  if (words.empty()) return std::nullopt;
  size_t end = unit.end;
  if (scan.at(end - 1) == '.' && scan.ends_paragraph(end)) --end;
  if (stop_is_of_word(scan, end) && scan.is_letter(scan.previous(end))) ++end;
  return Said{.end = end, .words = std::move(words)};
}

Reading measured(const Sources& from, size_t offset, int dimension);

// A unit, a stroke and another number: 250g/9oz is said in both units, 6 l/100 km as a rate, and
// 24h/24 as so many of so many.
Reading with_second(const Sources& from, size_t offset, const Amount& amount, const Unit& unit) {
  const Scan& scan = from.scan;
  const size_t second = unit.end + 1;
  const size_t digits = scan.end_of_digits(second);
  if (scan.at(unit.end) != '/' || digits == second) return std::nullopt;
  auto first = words_of(from, offset, amount, unit);
  if (!first) return std::nullopt;
  const std::string& out_of = from.language.text("measure.out_of");
  if (!out_of.empty() && scan.ends_token(digits) && scan.at(digits) != ' ') {
    const std::string words = filled(out_of, "a", first->words);
    return Said{.end = digits,
                .words = filled(words, "b", from.numbers.say(scan.part(second, digits)))};
  }
  const auto other = measured(from, second, 1);
  if (!other || other->end <= digits) return std::nullopt;
  const bool is_rate = scan.part(second, digits) == "100" && from.language.has("measure.per");
  const std::string behind =
      is_rate ? filled(from.language.text("measure.per"), "u", other->words) : other->words;
  return Said{.end = other->end, .words = from.numbers.join(first->words, behind)};
}

// dimension: the number of earlier numbers, separated by "x".
Reading measured(const Sources& from, size_t offset, int dimension) {
  const bool may_be_bare = dimension > 0;
  const Scan& scan = from.scan;
  const auto amount = parse_amount(from, offset, "cardinal");
  if (!amount) return std::nullopt;
  const std::string& by = from.language.text("measure.by");
  if (const size_t second =
          by.empty() || dimension == kMostDimensions ? 0 : by_at(scan, amount->end)) {
    if (auto rest = measured(from, second, dimension + 1)) {
      rest->words = from.numbers.join(from.numbers.join(amount->words(from), by), rest->words);
      return rest;
    }
  }
  const size_t behind = scan.skip_blank(amount->end);
  if (scan.at(behind) == '%') {
    const size_t end = behind + 1;
    const std::string& percent = from.language.text("measure.percent");
    if (percent.empty() || !scan.ends_token(end)) return std::nullopt;
    return Said{.end = end, .words = filled(percent, "", amount->words(from))};
  }
  // "per square meter": no unit above the line.
  if (scan.at(behind) == '/' && !from.language.text("measure.per").empty()) {
    const auto below = unit_at(from, behind + 1);
    if (below && scan.ends_token(below->end)) {
      const std::string unit = without_number(from.names.unit(below->id, 1));
      return Said{.end = below->end,
                  .words = from.numbers.join(amount->words(from),
                                             filled(from.language.text("measure.per"), "u", unit))};
    }
  }
  const auto unit = unit_at(from, behind);
  if (unit && dimension == 0)
    if (auto parted = with_second(from, offset, *amount, *unit)) return parted;
  const bool is_plural = may_be_bare && unit && unit->id == "second";  // 2x4s
  const bool is_unit =
      unit && !is_plural && scan.ends_token(unit->end) &&
      !(behind > amount->end && from.language.lists("measure.glued", scan.part(behind, unit->end)));
  if (!is_unit) {
    if (!may_be_bare || !scan.ends_token(amount->end)) return std::nullopt;
    return Said{.end = amount->end, .words = amount->words(from)};
  }
  return words_of(from, offset, *amount, *unit);
}
// 40° 42′ 46″ N: degrees, minutes and seconds of an arc.
Reading arc(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  constexpr std::string_view kDegree = "°";
  const size_t digits = scan.end_of_digits(offset);
  if (digits == offset || digits > offset + 3 || !scan.has(digits, kDegree)) return std::nullopt;
  Said said{.end = digits + kDegree.size(), .words = {}};
  const auto part = [&](std::string_view number, std::string_view id) {
    const Number value{.whole = std::string(number)};
    said.words = from.numbers.join(said.words,
                                   from.names.counted(id, value.value(), from.numbers.say(number)));
  };
  part(scan.part(offset, digits), "degree");
  int parts = 1;
  for (const auto& [id, plain, prime] :
       {std::tuple("minute", "'", "′"), std::tuple("second", "\"", "″")}) {
    const size_t begin = scan.skip_blank(said.end);
    const size_t end = scan.end_of_digits(begin);
    if (end == begin || end > begin + 2) break;
    const std::string_view sign = scan.has(end, prime) ? prime : plain;
    if (!scan.has(end, sign)) break;
    part(scan.part(begin, end), id);
    said.end = end + sign.size();
    ++parts;
  }
  // 40°42′46″N
  constexpr std::string_view kDirections = "NSEWO";
  const bool has_direction = scan.is_word(said.end) &&
                             kDirections.find(scan.at(said.end)) != std::string_view::npos &&
                             !scan.is_word(said.end + 1);
  const bool ends = !scan.is_word(said.end) || has_direction;
  return parts == 1 || !ends ? std::nullopt : Reading(said);
}

}  // namespace

bool stop_is_of_word(const Scan& scan, size_t stop) {
  return scan.at(stop) == '.' && scan.at(stop + 1) == ' ' && scan.is_letter(stop + 2) &&
         !scan.is_upper(stop + 2) && u_islower(static_cast<UChar32>(scan.code(stop + 2))) != 0;
}

Reading say_measure(const Sources& from, size_t offset) {
  const size_t minus = minus_at(from.scan, offset);
  if (auto angle = arc(from, offset + minus)) return angle;
  if (auto feet = feet_and_inches(from, offset + minus)) return feet;
  auto measure = measured(from, offset + minus, 0);
  if (measure && minus > 0) measure->words = from.numbers.negative(measure->words);
  return measure;
}

}  // namespace orpheus::text::reading
