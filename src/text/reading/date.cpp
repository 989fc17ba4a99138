// Dates: 3/15/2024, 2024-03-15, 15.03.2024, 14 March 1893, May 5, Jan-15, 3. Oktober, 2003-03.
#include <algorithm>
#include <array>
#include <numeric>

#include "text/reading/rules.h"

namespace orpheus::text::reading {
namespace {

struct Date {
  int day = 0;    // nought where there is none
  int month = 0;  // 1 … 12
  std::string year;
};

// The value of one or two digits; −1 of anything else.
int small(std::string_view digits) {
  if (digits.empty() || digits.size() > 2) return -1;
  int value = 0;
  for (const char digit : digits) value = value * 10 + (digit - '0');
  return value;
}

bool is_day(int value) { return value >= 1 && value <= 31; }
bool is_month(int value) { return value >= 1 && value <= 12; }

std::string say_date_year(const Sources& from, const std::string& year) {
  if (year.size() == 4 || (year.size() == 2 && year.front() != '0'))
    return from.numbers.say(year, year.size() == 4 ? "year" : "short_year");
  return from.numbers.one_by_one(year);
}

// The set of ordinals that the previous word needs: German "am dritten", "der dritte". After "am 1.
// und" the word before that day counts.
std::string day_set(const Sources& from, int day, size_t offset) {
  if (day == 1 && from.language.has("numbers.first_day")) return "first_day";
  std::string_view before = from.scan.word_before(offset);
  if (from.language.lists("ordinal.joined_by", before)) {
    const size_t joint = from.scan.offset_of(before);
    const std::string_view day_before = from.scan.word_before(joint);
    if (!day_before.empty() && from.scan.is_digit(from.scan.offset_of(day_before)))
      before = from.scan.word_before(from.scan.offset_of(day_before));
  }
  const std::string* asked = from.language.table("ordinal.after_folded").find(lower(before));
  return asked != nullptr ? *asked : "day";
}

// The template's first word is dropped if the text has it already: "the" of "the 14 March".
std::string without_repeated_word(const Sources& from, std::string words, size_t offset) {
  const size_t blank = words.find(' ');
  const std::string before = lower(from.scan.word_before(offset));
  if (blank != std::string::npos && !before.empty() && words.compare(0, blank, before) == 0)
    words.erase(0, blank + 1);
  return words;
}

std::string words_of(const Sources& from, const Date& date, bool is_month_first, size_t offset) {
  const Language& language = from.language;
  const char* key = date.day == 0       ? "date.my"
                    : date.year.empty() ? (is_month_first ? "date.md" : "date.dm")
                                        : (is_month_first ? "date.mdy" : "date.dmy");
  std::string words = language.text(key);
  const auto month = static_cast<size_t>(date.month - 1);
  words = filled(words, "m", language.list("date.names").at(month));
  if (date.day > 0)
    words = filled(words, "d",
                   from.numbers.say(std::to_string(date.day), day_set(from, date.day, offset)));
  if (!date.year.empty()) words = filled(words, "y", say_date_year(from, date.year));
  return without_repeated_word(from, words, offset);
}

// The end of 12:30 or 12:30:00 here; nought where there is neither.
size_t time_of_machines(const Scan& scan, size_t offset) {
  size_t at = offset;
  for (int part = 0; part < 3; ++part) {
    if (part > 0 && scan.at(at) != ':') break;
    const size_t begin = at + (part > 0 ? 1 : 0);
    if (scan.end_of_digits(begin) != begin + 2) return 0;
    at = begin + 2;
  }
  const size_t fraction = scan.end_of_digits(at + 1);
  return scan.at(at) == '.' && fraction > at + 1 && fraction <= at + 4 ? fraction : at;
}

// "Fri 5/17", "Fri (5/17)"
bool is_behind_weekday(const Sources& from, size_t offset) {
  const bool is_in_brackets = offset > 1 && from.scan.at(offset - 1) == '(';
  const std::string_view before = from.scan.word_before(offset - (is_in_brackets ? 1 : 0));
  if (before.empty()) return false;
  const Table& weekdays = from.language.table("date.weekdays_table");
  return weekdays.has(before) || std::any_of(weekdays.begin(), weekdays.end(),
                                             [&](const auto& day) { return day.value == before; });
}

// A day and a month with one sign between them, in the language's order; nothing if they are none.
std::optional<std::pair<Date, size_t>> pair_at(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  const size_t slash = scan.end_of_digits(offset);
  const size_t end = scan.end_of_digits(std::min(slash + 1, scan.size()));
  const int a = small(scan.part(offset, slash));
  const int b = slash < scan.size() ? small(scan.part(slash + 1, end)) : -1;
  const bool is_month_first = from.language.text("date.order") == "mdy";
  const Date date{.day = is_month_first ? b : a, .month = is_month_first ? a : b, .year = {}};
  if (scan.at(slash) != '/' || !is_day(date.day) || !is_month(date.month)) return std::nullopt;
  return std::pair(date, end);
}

// 1/2–3/4 of a cup, not days: both are less than one, with a usual denominator.
bool are_fractions(const Scan& scan, size_t first, size_t second) {
  const auto is_fraction = [&](size_t offset) {
    const size_t slash = scan.end_of_digits(offset);
    const int above = small(scan.part(offset, slash));
    const int below = small(scan.part(slash + 1, scan.end_of_digits(slash + 1)));
    constexpr std::array kUsual = {2, 3, 4, 5, 6, 8, 10, 16, 32, 64};
    return above < below && std::find(kUsual.begin(), kUsual.end(), below) != kUsual.end();
  };
  return is_fraction(first) && is_fraction(second);
}

// 8/5–8/11: from a day of a month to another.
Reading pairs(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  const Language& language = from.language;
  if (language.text("date.pairs").find('/') == std::string::npos) return std::nullopt;
  const auto first = pair_at(from, offset);
  if (!first) return std::nullopt;
  const size_t blank = scan.skip_blank(first->second);
  const size_t sign = scan.at(blank) == '-'  ? 1
                      : scan.has(blank, "–") ? std::string_view("–").size()
                                             : 0;
  if (sign == 0 || (blank > first->second) != (scan.at(blank + sign) == ' ')) return std::nullopt;
  const size_t behind = scan.skip_blank(blank + sign);
  const auto last = pair_at(from, behind);
  if (!last || !scan.ends_token(last->second) || are_fractions(scan, offset, behind))
    return std::nullopt;
  const bool is_month_first = language.text("date.order") == "mdy";
  const std::string words =
      filled(language.text("range.to"), "a", words_of(from, first->first, is_month_first, offset));
  return Said{.end = last->second,
              .words = filled(words, "b", words_of(from, last->first, is_month_first, behind))};
}

// 12/25 alone: a day where a fraction would be of an unusual kind, and no noun follows.
bool is_likely_day(const Sources& from, int above, int below, size_t end) {
  constexpr std::array kUsual = {16, 20, 24, 30};
  const bool is_reduced = std::gcd(above, below) == 1;
  const bool is_usual =
      is_reduced && std::find(kUsual.begin(), kUsual.end(), below) != kUsual.end();
  if (!from.language.has("date.pairs_are_likely") || above < 2 || below <= 12 || is_usual)
    return false;
  const std::string_view behind = from.scan.at(end) == ' ' ? from.scan.word_after(end) : "";
  return behind.empty() || from.scan.is_upper(end + 1) ||
         from.language.lists("date.pairs_before", behind);
}

// Two or three numbers with one sign between them.
Reading numeric_date(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  const Language& language = from.language;
  const size_t first_end = scan.end_of_digits(offset);
  const char sign = scan.at(first_end);
  if (sign != '/' && sign != '.' && sign != '-') return std::nullopt;
  const size_t second_end = scan.end_of_digits(first_end + 1);
  const std::string_view a = scan.part(offset, first_end);
  const std::string_view b = scan.part(first_end + 1, second_end);
  if (b.empty() || b.size() > 4 || a.size() > 4) return std::nullopt;
  Date date;
  if (scan.at(second_end) != sign) {
    if (!scan.ends_token(second_end)) return std::nullopt;
    if (a.size() == 4 && sign == '-' && b.size() == 2 && is_month(small(b)) &&
        (a.front() == '1' || a.front() == '2')) {
      date = {.month = small(b), .year = std::string(a)};
      return Said{.end = second_end, .words = words_of(from, date, false, offset)};
    }
    const std::string& pairs = language.text("date.pairs");  // signs of dates of two numbers
    if (pairs.find(sign) == std::string::npos) return std::nullopt;
    if (b.size() == 4 && is_month(small(a)) && b >= "1500" && b <= "2199") {
      date = {.month = small(a), .year = std::string(b)};
      return Said{.end = second_end, .words = words_of(from, date, false, offset)};
    }
    const bool has_nought = a.front() == '0' || b.front() == '0';
    const bool is_sure = (has_nought && language.has("date.pairs_are_sure")) ||
                         language.lists("date.pairs_after", scan.word_before(offset)) ||
                         is_behind_weekday(from, offset) ||
                         (sign == '/' && is_likely_day(from, small(a), small(b), second_end));
    const bool is_month_first = language.text("date.order") == "mdy";
    date = {.day = small(is_month_first ? b : a), .month = small(is_month_first ? a : b)};
    if (!is_sure || b.size() != 2 || !is_day(date.day) || !is_month(date.month))
      return std::nullopt;
    return Said{.end = second_end, .words = words_of(from, date, is_month_first, offset)};
  }
  const size_t end = scan.end_of_digits(second_end + 1);
  const std::string_view c = scan.part(second_end + 1, end);
  if (sign == '.' && c.empty() && !scan.is_word(end) && language.has("date.day_dot")) {
    date = {.day = small(a), .month = small(b)};  // 24.12.
    if (!is_day(date.day) || !is_month(date.month)) return std::nullopt;
    // "Raum 2.04." and "Version 3.11.": the stop belongs to the sentence.
    const std::string_view before = scan.word_before(offset);
    const bool is_asked = before.empty() || scan.starts_paragraph(offset) ||
                          language.table("ordinal.after_folded").has(lower(before)) ||
                          language.lists("ordinal.joined_by", before);
    const bool may_end = scan.ends_paragraph(end) || scan.at(end) != ' ' || scan.is_upper(end + 1);
    if (may_end && !is_asked) return std::nullopt;
    return Said{.end = second_end + 1, .words = words_of(from, date, false, offset)};
  }
  if (!scan.ends_token(end) || c.empty()) return std::nullopt;
  bool is_month_first = language.text("date.order") == "mdy";
  if (a.size() == 4) {
    date = {.day = small(c), .month = small(b), .year = std::string(a)};
  } else if (c.size() == 4 || (c.size() == 2 && sign != '-' && b.size() <= 2)) {
    if (is_month_first && small(a) > 12) is_month_first = false;
    date = {.day = small(is_month_first ? b : a),
            .month = small(is_month_first ? a : b),
            .year = std::string(c)};
    if (!is_month_first && !is_month(date.month) && is_month(date.day))
      std::swap(date.day, date.month);
  }
  if (!is_day(date.day) || !is_month(date.month)) return std::nullopt;
  return Said{.end = end, .words = words_of(from, date, is_month_first, offset)};
}

// 2024-05-01T12:30:00Z: a day and a time as machines write them.
Reading timestamp(const Sources& from, size_t offset) {
  constexpr size_t kDay = 10;
  const Scan& scan = from.scan;
  const size_t day = offset + kDay;
  if (scan.at(day) != 'T' || !scan.is_digit(day + 1)) return std::nullopt;
  const Scan day_alone(scan.text().substr(0, day));
  const auto date = numeric_date({day_alone, from.language, from.numbers, from.names}, offset);
  const size_t zone = time_of_machines(scan, day + 1);
  if (!date || date->end != day || zone == 0) return std::nullopt;
  const Scan time_alone(scan.text().substr(0, zone));
  const auto time = say_time({time_alone, from.language, from.numbers, from.names}, day + 1);
  if (!time || time->end != zone) return std::nullopt;
  const size_t end = scan.at(zone) == 'Z' ? zone + 1 : zone;
  if (!scan.ends_token(end)) return std::nullopt;
  return Said{.end = end,
              .words = from.numbers.join(date->words + (from.language.blank().empty() ? "" : ","),
                                         time->words) +
                       (scan.at(zone) == 'Z' ? std::string(from.language.blank()) + "UTC" : "")};
}

struct Month {
  size_t end = 0;
  int number = 0;
  bool is_sure = true;  // false where the word may mean something else: may, march
};

std::optional<Month> month_at(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  if (!scan.is_letter(offset)) return std::nullopt;
  const size_t end = scan.end_of_letters(offset);
  if (end - offset > 40) return std::nullopt;
  const std::string word = lower(scan.part(offset, end));
  const std::string* number = from.language.table("date.months_folded").find(word);
  if (number == nullptr) return std::nullopt;
  const std::string& full = from.language.list("date.names").at(std::stoul(*number) - 1);
  const bool is_short = lower(full) != word;
  const bool is_sure =
      scan.is_upper(offset) || scan.at(end) == '.' || !from.language.lists("date.unsure", word);
  return Month{is_short && scan.at(end) == '.' ? end + 1 : end, std::stoi(*number), is_sure};
}

// A year after a date: ", 1998", " 1998", " de 1998".
Reading year_behind(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  size_t at = offset;
  if (scan.at(at) == ',') ++at;
  at = scan.skip_blank(at);
  const std::string& of = from.language.text("date.of");
  if (!of.empty() && scan.has(at, of + " ")) at += of.size() + 1;
  if (at == offset) {
    if (scan.at(at) != '-' && scan.at(at) != '/') return std::nullopt;
    ++at;
  }
  const size_t end = scan.end_of_digits(at);
  if (end != at + 4 || !scan.ends_token(end)) return std::nullopt;
  // A number that counts the next word is not a year: "on May 5, 1500 people".
  return Said{.end = end, .words = std::string(scan.part(at, end))};
}

// The day here, digits with a dot or an ordinal's suffix, and its end.
std::optional<std::pair<int, size_t>> day_at(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  size_t end = scan.end_of_digits(offset);
  const int day = small(scan.part(offset, end));
  if (!is_day(day)) return std::nullopt;
  const size_t suffix = from.language.table("ordinal.suffixes_table")
                            .longest_at(scan.text().substr(end),
                                        [&](size_t size) { return !scan.is_word(end + size); });
  end += suffix;
  return std::pair(day, end);
}

Reading day_first(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  const auto day = day_at(from, offset);
  if (!day) return std::nullopt;
  size_t at = day->second;
  if (scan.at(at) == '.' && from.language.has("date.day_dot")) ++at;
  if (scan.at(at) == '-')
    ++at;
  else
    at = scan.skip_blank(at);
  if (at == offset) return std::nullopt;
  const std::string& of = from.language.text("date.of");
  if (!of.empty() && scan.has(at, of + " ")) at += of.size() + 1;
  const auto month = month_at(from, at);
  if (!month) return std::nullopt;
  Date date{.day = day->first, .month = month->number};
  size_t end = month->end;
  if (const auto year = year_behind(from, end)) {
    date.year = year->words;
    end = year->end;
  } else if (!month->is_sure) {
    return std::nullopt;
  } else if (scan.at(end - 1) == '.' && scan.ends_paragraph(end)) {
    --end;  // the stop is the sentence's
  }
  if (!scan.ends_token(end)) return std::nullopt;
  return Said{.end = end, .words = words_of(from, date, false, offset)};
}

// "vom 16.-18. Mai", "16-18 May": days of one month, where they are ordinals.
Reading days(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  const Language& language = from.language;
  const auto first = language.has("numbers.day") ? day_at(from, offset) : std::nullopt;
  if (!first) return std::nullopt;
  size_t at = first->second;
  if (scan.at(at) == '.' && language.has("date.day_dot")) ++at;
  const size_t blank = scan.skip_blank(at);
  const size_t sign = scan.at(blank) == '-'  ? 1
                      : scan.has(blank, "–") ? std::string_view("–").size()
                                             : 0;
  if (sign == 0 || (blank > at) != (scan.at(blank + sign) == ' ')) return std::nullopt;
  const size_t second = scan.skip_blank(blank + sign);
  const auto last = day_at(from, second);
  auto rest = day_first(from, second);
  if (!last || !rest || first->first >= last->first) return std::nullopt;
  // The second day gets the form of the first, as if it stood in its place.
  constexpr size_t kNear = 100;
  size_t near = offset > kNear ? offset - kNear : 0;
  while (near < offset && (static_cast<unsigned char>(scan.at(near)) & 0xC0U) == 0x80U) ++near;
  const std::string both =
      std::string(scan.part(near, offset)) + std::string(scan.part(second, rest->end));
  const Scan alone(both);
  const auto said = day_first({alone, language, from.numbers, from.names}, offset - near);
  if (!said) return std::nullopt;
  const std::string& day_form = language.text("date.day_alone");
  const std::string day =
      from.numbers.say(std::to_string(first->first), day_set(from, first->first, offset));
  std::string words =
      filled(language.text("range.to"), "a", day_form.empty() ? day : filled(day_form, "d", day));
  return Said{.end = rest->end, .words = filled(words, "b", said->words)};
}

Reading month_first(const Sources& from, size_t offset);

// "Dec 24 - Jan 2": the first date ends here, and a sign for "to" and a date in another month
// follow.
Reading to_another_month(const Sources& from, const Date& first, size_t end, size_t offset) {
  const Scan& scan = from.scan;
  const size_t blank = scan.skip_blank(end);
  const size_t sign = scan.at(blank) == '-'  ? 1
                      : scan.has(blank, "–") ? std::string_view("–").size()
                                             : 0;
  if (sign == 0 || (blank > end) != (scan.at(blank + sign) == ' ')) return std::nullopt;
  const size_t behind = scan.skip_blank(blank + sign);
  const auto last = scan.is_letter(behind) ? month_first(from, behind) : std::nullopt;
  if (!last) return std::nullopt;
  const std::string words =
      filled(from.language.text("range.to"), "a", words_of(from, first, true, offset));
  return Said{.end = last->end, .words = filled(words, "b", last->words)};
}

Reading month_first(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  const auto month = month_at(from, offset);
  if (!month) return std::nullopt;
  size_t at = month->end;
  if (scan.at(at) == '-')
    ++at;
  else
    at = scan.skip_blank(at);
  if (at == month->end && scan.at(at - 1) != '.') return std::nullopt;
  if (!scan.is_digit(at)) return std::nullopt;
  Date date{.month = month->number};
  if (const size_t end = scan.end_of_digits(at);
      end - at == 4 && scan.ends_token(end) && from.language.has("date.my")) {
    date.year = scan.part(at, end);
    return Said{.end = end, .words = words_of(from, date, true, offset)};
  }
  if (from.language.text("date.md").empty()) return std::nullopt;
  const auto day = day_at(from, at);
  if (!day) return std::nullopt;
  date.day = day->first;
  size_t end = day->second;
  if (const auto year = year_behind(from, end)) {
    date.year = year->words;
    end = year->end;
  }
  // "May 10-12": to another day, in the form of the first.
  if (date.year.empty() && (scan.at(end) == '-' || scan.has(end, "–"))) {
    const size_t second = end + (scan.at(end) == '-' ? 1 : std::string_view("–").size());
    const auto last = day_at(from, second);
    if (last && scan.ends_token(last->second)) {
      const std::string first = words_of(from, date, true, offset);
      std::string range = filled(from.language.text("range.to"), "a", first);
      range = filled(range, "b", from.numbers.say(std::to_string(last->first), "day"));
      return Said{.end = last->second, .words = range};
    }
  }
  if (auto range = to_another_month(from, date, end, offset)) return range;
  if (!scan.ends_token(end)) return std::nullopt;
  return Said{.end = end, .words = words_of(from, date, true, offset)};
}

struct Weekday {
  size_t end = 0;
  const std::string* name = nullptr;
};

// A short form of a day's name, with its stop.
Weekday weekday_at(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  size_t end = scan.end_of_letters(offset);
  if (end == offset) end = scan.next(offset);  // 월 stands apart
  constexpr size_t kLongest = 24;
  if (end - offset > kLongest) return {};
  const bool is_joined = scan.kind(offset) == CharKind::kJoined;
  if (is_joined) end = scan.next(offset);
  const std::string* name = from.language.table("date.weekdays_table").find(scan.part(offset, end));
  return {.end = scan.at(end) == '.' ? end + 1 : end, .name = name};
}

// "Mon-Fri", "Mo.–Fr."; "Tue, Mar 3": short forms where they can be nothing else.
Reading weekdays(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  const Language& language = from.language;
  if (language.table("date.weekdays_table").empty()) return std::nullopt;
  const Weekday first = weekday_at(from, offset);
  if (first.name == nullptr) return std::nullopt;
  for (const std::string_view sign : {"-", "–", " - ", " – ", "~", "〜"}) {
    if (!scan.has(first.end, sign)) continue;
    const Weekday last = weekday_at(from, first.end + sign.size());
    if (last.name == nullptr || scan.is_word(last.end)) continue;
    const bool is_stop = scan.at(last.end - 1) == '.' && !stop_is_of_word(scan, last.end - 1) &&
                         (scan.ends_paragraph(last.end) || scan.at(last.end) == ' ');
    const std::string& form =
        language.text(language.has("date.weekday_range") ? "date.weekday_range" : "range.to");
    const std::string words = filled(form, "a", *first.name);
    return Said{.end = last.end - (is_stop ? 1 : 0), .words = filled(words, "b", *last.name)};
  }
  if (scan.kind(offset) == CharKind::kJoined) return std::nullopt;
  const bool has_comma = scan.at(first.end) == ',';
  const size_t next = scan.skip_blank(first.end + (has_comma ? 1 : 0));
  const auto month = month_at(from, next);
  const bool has_date =
      has_comma ? scan.is_digit(next) || month.has_value()
                : next > first.end &&
                      (day_first(from, next).has_value() || numeric_date(from, next).has_value() ||
                       (month && scan.is_digit(scan.skip_blank(month->end))));
  return has_date ? Reading(Said{.end = first.end, .words = *first.name}) : std::nullopt;
}

}  // namespace

Reading say_date(const Sources& from, size_t offset) {
  if (from.language.list("date.names").size() != 12) return std::nullopt;
  if (!from.scan.is_digit(offset)) {
    if (auto week = weekdays(from, offset)) return week;
    return month_first(from, offset);
  }
  if (auto stamp = timestamp(from, offset)) return stamp;
  if (auto range = pairs(from, offset)) return range;
  if (auto numeric = numeric_date(from, offset)) return numeric;
  if (auto range = days(from, offset)) return range;
  return day_first(from, offset);
}

}  // namespace orpheus::text::reading
