#pragma once
// What a language says where its writing has signs: the words of money, units, percent, hours, and
// how it writes numbers and dates. Tables, read from any thread.

#include <span>
#include <string_view>

namespace orpheus::text::reading {

enum class Gender { kNone, kMasculine, kFeminine };

// A noun that a number stands before.
struct Noun {
  std::string_view sign;  // as it is written
  std::string_view one;
  std::string_view many;
  Gender gender = Gender::kMasculine;
};

struct Money {
  Noun major;
  Noun minor;  // the hundredth; without words where there is none
};

enum class DateOrder { kDayMonthYear, kMonthDayYear, kYearMonthDay };

struct SpokenForms {
  std::string_view language;     // ISO 639-1
  char decimal = '.';            // between whole and fraction
  std::string_view group = ",";  // between thousands
  DateOrder date_order = DateOrder::kDayMonthYear;
  char date_separator = '/';
  std::string_view percent;  // {} is the number
  std::string_view to;       // between the ends of a range
  std::string_view point;    // within a version number
  std::string_view hour;     // {h} o'clock
  std::string_view time;     // {h} and {m}
  std::string_view date;     // {d}, {m}, {y}
  std::string_view of;       // between a large number word and its noun
  std::string_view blank;    // between words
  std::span<const Money> money;
  std::span<const Noun> units;
  std::span<const std::string_view> large;     // words after a number that multiply it
  std::span<const std::string_view> counters;  // words that want another form of the number
};

// Null for a language without a table.
const SpokenForms* spoken_forms(std::string_view language);

}  // namespace orpheus::text::reading
