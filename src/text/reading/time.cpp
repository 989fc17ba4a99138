// Times of day and durations: 3:05 pm, 5:30PM, 10:15:30, 14 Uhr, 14h30, 2.30 Uhr, 5 a.m.
#include <algorithm>
#include <cstdlib>

#include "text/reading/rules.h"

namespace orpheus::text::reading {
namespace {

struct Time {
  size_t end = 0;
  int hour = 0;
  int minute = 0;
  int second = -1;
  std::string fraction;  // of the second
  bool is_sure = true;   // false where the same sign parts decimals
};

int two_digits(const Scan& scan, size_t offset) {
  const size_t end = scan.end_of_digits(offset);
  return end == offset + 2 ? std::atoi(std::string(scan.part(offset, end)).c_str()) : -1;
}

// 3:05, 10:15:30, and with the language's other signs 2.30, 14h30.
std::optional<Time> parse_time(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  const size_t hours = scan.end_of_digits(offset);
  if (hours == offset || hours > offset + 2) return std::nullopt;
  Time time{.end = hours, .hour = std::atoi(std::string(scan.part(offset, hours)).c_str())};
  if (time.hour > 24) return std::nullopt;
  const auto separator_at = [&](size_t at) -> size_t {
    if (scan.at(at) == ':') return 1;
    for (const std::string& sign : from.language.list("time.separators"))
      if (scan.has(at, sign)) return sign.size();
    return 0;
  };
  const size_t separator = separator_at(hours);
  if (separator == 0) return std::nullopt;
  time.minute = two_digits(scan, hours + separator);
  if (time.minute < 0 || time.minute > 59) return std::nullopt;
  time.is_sure = scan.at(hours) != '.' || from.language.has("time.dot_is_sure");
  time.end = hours + separator + 2;
  for (const std::string& sign : from.language.list("time.minute_signs"))
    if (scan.has(time.end, sign) && (!scan.is_letter(time.end + sign.size())))
      time.end += sign.size();
  const bool goes_on =
      scan.at(time.end) == ':' || (scan.is_letter(hours) && scan.at(time.end) == 'm');
  if (goes_on) {
    time.second = two_digits(scan, time.end + 1);
    if (time.second < 0 || time.second > 59) return std::nullopt;
    time.end += 3;
    const size_t fraction_end = scan.end_of_digits(time.end + 1);
    const bool has_fraction = (scan.at(time.end) == '.' || scan.at(time.end) == ',') &&
                              fraction_end > time.end + 1 && fraction_end <= time.end + 4;
    if (has_fraction) {
      time.fraction = scan.part(time.end + 1, fraction_end);
      time.end = fraction_end;
    }
    if (scan.at(time.end) == 's' && !scan.is_letter(time.end + 1)) ++time.end;
  }
  return time;
}

// "am", "p.m.", with or without a blank: its length and words.
size_t half_of_day(const Sources& from, size_t offset, std::string& words) {
  const size_t at = from.scan.skip_blank(offset);
  const CharKind kind = from.scan.kind(at);
  if (kind != CharKind::kLetter && kind != CharKind::kJoined) return 0;
  const std::string ahead = lower_ahead(from.scan, at, 12);
  const Table& halves = from.language.table("time.halves_folded");
  const size_t size = halves.longest_at(ahead, [&](size_t n) {
    return !from.scan.is_word(at + n) || from.scan.at(at + n - 1) == '.';
  });
  if (size == 0) return 0;
  words = *halves.find(std::string_view(ahead).substr(0, size));
  return at - offset + size;
}

// The language's word for the hour after a time: "Uhr", "h".
size_t suffix_at(const Sources& from, size_t offset) {
  const size_t at = from.scan.skip_blank(offset);
  for (const std::string& suffix : from.language.list("time.suffixes")) {
    if (from.scan.has(at, suffix) && !from.scan.is_word(at + suffix.size()))
      return at - offset + suffix.size();
  }
  return 0;
}

// Whether the stop of "p.m." that ends here also ends the sentence.
bool ends_sentence(const Sources& from, size_t end) {
  const Scan& scan = from.scan;
  if (scan.at(end - 1) != '.') return false;
  if (scan.ends_paragraph(end)) return true;
  return scan.at(end) == ' ' && scan.is_upper(end + 1) &&
         !from.language.lists("time.zones", scan.word_after(end)) &&
         !from.language.table("date.months_folded").has(lower(scan.word_after(end)));
}

// A zone without a blank: 11:30EST.
size_t zone_at(const Sources& from, size_t offset) {
  const size_t end = from.scan.end_of_letters(offset);
  return from.language.lists("time.zones", from.scan.part(offset, end)) ? end - offset : 0;
}

std::string words_of(const Sources& from, const Time& time, const std::string& half) {
  const Language& language = from.language;
  const bool has_seconds = time.second > 0 || !time.fraction.empty() ||
                           (time.second == 0 && language.has("time.says_zeros"));
  const bool has_minutes = time.minute > 0 || (has_seconds && language.has("time.says_zeros"));
  std::string form;
  if (has_seconds)
    form = language.text(has_minutes ? "time.hms" : "time.hs");
  else if (has_minutes)
    form =
        language.text(time.minute < 10 && language.has("time.hm_low") ? "time.hm_low" : "time.hm");
  else
    form = language.text(!half.empty() && language.has("time.h_half") ? "time.h_half" : "time.h");
  const std::string hour = std::to_string(time.hour);
  const bool is_of_clock = time.hour >= 1 && time.hour <= 12;
  const char* set = is_of_clock && language.has("numbers.hour_to_12") ? "hour_to_12" : "hour";
  form = filled(form, "h", from.numbers.say(hour, set));
  const std::string minute = std::to_string(time.minute);
  const std::string* named =
      has_seconds ? nullptr : language.table("time.minutes_table").find(minute);
  form = filled(
      form, "m",
      named != nullptr ? *named : from.numbers.say(minute, has_seconds ? "minute" : "cardinal"));
  const std::string minutes_name =
      language.text(time.minute == 1 ? "time.one_minute" : "time.minutes");
  form = filled(form, "minutes", minutes_name);
  const Number second{.whole = std::to_string(std::max(time.second, 0)), .fraction = time.fraction};
  form = filled(form, "s", from.numbers.say(second, "minute"));
  form =
      filled(form, "seconds", language.text(time.second == 1 ? "time.one_second" : "time.seconds"));
  const bool is_singular =
      time.hour == 1 || (time.hour == 0 && language.has("time.nought_is_singular"));
  form = filled(form, "hours", language.text(is_singular ? "time.one_hour" : "time.hours"));
  return from.numbers.join(form, half);
}

// 0600 hours, "at 1430 hrs": four digits before a word for hours.
Reading hours_of_soldiers(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  const Language& language = from.language;
  const size_t end = scan.end_of_digits(offset);
  if (!language.has("time.hundred") || end != offset + 4 || scan.at(end) != ' ' ||
      !language.lists("time.hour_words", scan.word_after(end)))
    return std::nullopt;
  const std::string_view hour = scan.part(offset, offset + 2);
  const std::string_view minute = scan.part(offset + 2, end);
  // "1500 hours of work" counts.
  const bool is_sure =
      hour.front() == '0' || language.lists("time.before_hours", scan.word_before(offset));
  if (!is_sure || hour > "24" || minute > "59") return std::nullopt;
  const auto two = [&](std::string_view digits) {
    return digits.front() == '0' ? from.numbers.one_by_one(digits) : from.numbers.say(digits);
  };
  if (minute == "00")
    return Said{.end = end, .words = filled(language.text("time.hundred"), "h", two(hour))};
  return Said{.end = end, .words = from.numbers.join(two(hour), two(minute))};
}

}  // namespace

Reading say_time(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  if (from.language.text("time.hm").empty() || !scan.is_digit(offset)) return std::nullopt;
  std::string half;
  if (auto time = parse_time(from, offset)) {
    size_t end = time->end;
    const size_t half_size = half_of_day(from, end, half);
    end += half_size;
    const size_t suffix = half_size > 0 ? 0 : suffix_at(from, end);
    end += suffix;
    const bool is_ratio = from.language.lists("range.before_ratios", scan.word_before(offset));
    const bool is_sure = time->is_sure || suffix > 0 || half_size > 0 ||
                         from.language.lists("time.before", scan.word_before(offset));
    if (!is_sure || is_ratio) return std::nullopt;
    std::string words = words_of(from, *time, half);
    if (const size_t zone = zone_at(from, end)) {
      words = from.numbers.join(words, scan.part(end, end + zone));
      end += zone;
    }
    const bool ends = scan.ends_token(end) || (half_size > 0 && scan.at(end - 1) == '.');
    if (!ends) return std::nullopt;
    if (half_size > 0 && ends_sentence(from, end)) --end;
    return Said{.end = end, .words = std::move(words)};
  }
  if (auto military = hours_of_soldiers(from, offset)) return military;
  // An hour without minutes, with the sign that marks it.
  const size_t digits = scan.end_of_digits(offset);
  if (digits > offset + 2) return std::nullopt;
  Time hour{.end = digits, .hour = std::atoi(std::string(scan.part(offset, digits)).c_str())};
  if (hour.hour > 24) return std::nullopt;
  if (const size_t size = half_of_day(from, digits, half)) {
    size_t end = digits + size;
    const bool ends = scan.ends_token(end) || scan.at(end - 1) == '.';
    if (!ends || hour.hour > 12) return std::nullopt;
    if (ends_sentence(from, end)) --end;
    return Said{.end = end, .words = words_of(from, hour, half)};
  }
  const size_t suffix = suffix_at(from, digits);
  const bool is_hour =
      suffix > 0 && (from.language.has("time.suffix_is_sure") || scan.at(offset) == '0');
  if (!is_hour || !scan.ends_token(digits + suffix)) return std::nullopt;
  return Said{.end = digits + suffix, .words = words_of(from, hour, half)};
}

}  // namespace orpheus::text::reading
