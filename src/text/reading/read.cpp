#include "text/reading/read.h"

#include <array>
#include <map>
#include <mutex>
#include <span>

#include "text/reading/fold.h"
#include "text/reading/rules.h"

namespace orpheus::text::reading {
namespace {

using Rule = Reading (*)(const Sources&, size_t);

// In the order of use: the most specific first.
constexpr std::array kAtDigits = {
    say_season,   say_date,    say_telephone, say_address, say_math,     say_range,
    say_compound, say_time,    say_score,     say_money,   say_decade,   say_ordinal,
    say_version,  say_measure, say_fraction,  say_year,    say_cardinal, say_serial};
constexpr std::array kAtLetters = {say_money, say_date,         say_version, say_address,
                                   say_roman, say_abbreviation, say_math,    say_serial};
constexpr std::array kAtSigns = {say_telephone, say_range,    say_money,    say_decade, say_math,
                                 say_measure,   say_fraction, say_cardinal, say_symbol};

// The end of a voice's tag that begins here; the same place if there is none.
size_t end_of_tag(const Scan& scan, size_t offset) {
  constexpr size_t kLongest = 64;
  if (scan.at(offset) != '<') return offset;
  const size_t name = offset + (scan.at(offset + 1) == '/' ? 2 : 1);
  const size_t close = scan.text().substr(0, offset + kLongest).find_first_of("<>\n", offset + 1);
  const bool is_tag =
      close != std::string_view::npos && scan.at(close) == '>' && scan.is_letter(name);
  return is_tag ? close + 1 : offset;
}

// A language's words, made when it is first read.
struct Words {
  explicit Words(const Language& of) : language(of), numbers(of), names(of) {}

  const Language& language;
  NumberWords numbers;
  Names names;
};

const Words& words_of(const Language& language) {
  static std::mutex mutex;
  static std::map<std::string_view, Words> all;
  const std::lock_guard lock(mutex);
  return all.try_emplace(language.code(), language).first->second;
}

class Reader {
 public:
  Reader(std::string_view text, const Words& words, const ReadingOptions& options)
      : scan_(text),
        words_(words),
        options_(options),
        digit_words_(find_digit_words(text, words.language)),
        sources_{scan_, words.language, words.numbers, words.names, digit_words_} {}

  Spanned read() {
    for (size_t at = 0; at < scan_.size();) {
      if (const size_t tag = end_of_tag(scan_, at); tag > at) {
        at = tag;
      } else if (const auto said = say(at)) {
        const bool has_particles = scan_.is_digit(at) && has_particles_;
        const Said whole = has_particles ? with_particle(*said) : *said;
        speak(whole, at);
        at = whole.end;
      } else {
        at = scan_.is_word(at) ? scan_.end_of_token(at) : scan_.next(at);
      }
    }
    keep(scan_.size());
    return std::move(spoken_);
  }

 private:
  Reading say(size_t at) {
    const CharKind kind = scan_.kind(at);
    if (kind == CharKind::kBlank) return std::nullopt;
    const Sources& from = sources_;
    if (begins_chunk(at) && may_be_address(at))
      if (auto address = say_electronic(from, at)) return address;
    switch (kind) {
      case CharKind::kDigit: return first_of(from, kAtDigits, at);
      case CharKind::kLetter: return say_word(from, at);
      case CharKind::kJoined: return is_before_range(at) ? say_date(from, at) : std::nullopt;
      default: return say_sign(from, at);
    }
  }

  Reading say_sign(const Sources& from, size_t at) const {
    if (may_begin_number(at)) return first_of(from, kAtSigns, at);
    if (scan_.at(at) == '(')
      if (auto telephone = say_telephone(from, at)) return telephone;
    return say_symbol(from, at);
  }

  bool may_begin_number(size_t at) const {
    constexpr std::string_view kBefore = "+-.'";
    for (const std::string_view sign : {"−", "–", "’", "‘"})
      if (scan_.has(at, sign)) return true;
    return kBefore.find(scan_.at(at)) != std::string_view::npos ||
           currencies_.longest_at(scan_.text().substr(at), [](size_t) { return true; }) > 0 ||
           Language::shared().table("currencies_table").has(scan_.part(at, scan_.next(at)));
  }

  Reading say_word(const Sources& from, size_t at) const {
    if (may_be_more_than_a_word(at))
      if (auto said = first_of(from, kAtLetters, at)) return said;
    return options_.spells_acronyms ? say_acronym(from, at) : std::nullopt;
  }

  static Reading first_of(const Sources& from, std::span<const Rule> rules, size_t at) {
    for (const Rule rule : rules) {
      auto said = rule(from, at);
      if (said && said->end > at) return said;
    }
    return std::nullopt;
  }

  // 월~금: one character that stands apart, with a sign for "to" behind.
  bool is_before_range(size_t at) const {
    const size_t next = scan_.next(at);
    const bool has_sign = scan_.at(next) == '-' || scan_.at(next) == '~' || scan_.has(next, "〜");
    if (!has_sign || at == 0) return has_sign;
    const CharKind before = scan_.kind(scan_.previous(at));
    return before != CharKind::kDigit && before != CharKind::kJoined;
  }

  // Behind a blank or an opening sign.
  bool begins_chunk(size_t at) const {
    if (at == 0) return true;
    const char before = scan_.at(at - 1);
    return before == ' ' || before == '\n' || before == '(' || before == '"' || before == '[' ||
           scan_.kind(scan_.previous(at)) == CharKind::kJoined;
  }

  // Whether the run of signs here is short enough for an address. Remembers its end, because each
  // bracket in it asks again.
  bool may_be_address(size_t at) {
    if (at >= end_of_run_) end_of_run_ = end_of_address_run(scan_, at);
    return end_of_run_ - at <= kLongestAddress || scan_.kind(at) == CharKind::kJoined;
  }

  // Most words of prose need no rule.
  bool may_be_more_than_a_word(size_t at) const {
    const size_t end = scan_.end_of_letters(at);
    const char next = scan_.at(end);
    constexpr std::string_view kBetweenWords = " ,\n()[]{}\"!?;";
    const bool stands_alone =
        end >= scan_.size() || kBetweenWords.find(next) != std::string_view::npos;
    if (!stands_alone || (next == ' ' && scan_.is_digit(end + 1))) return true;
    constexpr size_t kFewest = 2;  // letters: x + y, "CA" of a state
    if (end - at <= kFewest) return true;
    const std::string_view word = scan_.part(at, end);
    constexpr std::string_view kRoman = "IVX";  // XXe
    return kRoman.find(word.front()) != std::string_view::npos ||
           word.find_first_not_of("IVXLCDMivxlcdm") == std::string_view::npos ||
           ((next == ',' || next == ' ') && weekdays_.has(word)) || abbreviations_.has(lower(word));
  }

  void keep(size_t end) {
    if (end > kept_) spoken_.append_verbatim(scan_.part(kept_, end), kept_);
    kept_ = end;
  }

  // Adds a blank between words that touch.
  bool needs_blank_between(std::string_view left, std::string_view right) const {
    if (left.empty() || right.empty() || words_.language.blank().empty()) return false;
    const Scan before(left);
    const Scan after(right);
    return before.is_word(before.previous(left.size())) && after.is_word(0);
  }

  // "4/7이" is read "…사가": a particle behind a number has the form for the number's last sound.
  // Takes the particle into what is said.
  Said with_particle(Said said) const {
    const size_t last = Scan(said.words).previous(said.words.size());
    const char32_t syllable = Scan(said.words).code(last);
    constexpr char32_t kFirst = 0xAC00;
    constexpr char32_t kLast = 0xD7A3;
    constexpr char32_t kFinals = 28;  // forms of a syllable by its last sound, the first without
    const size_t end = scan_.next(said.end);
    if (syllable < kFirst || syllable > kLast || end >= scan_.size() + 1) return said;
    const bool is_open = (syllable - kFirst) % kFinals == 0;
    const Table& forms =
        words_.language.table(is_open ? "particles.open_table" : "particles.closed_table");
    const std::string* form = forms.find(scan_.part(said.end, end));
    const CharKind behind = scan_.kind(end);
    if (form == nullptr || behind == CharKind::kJoined || behind == CharKind::kLetter) return said;
    said.words += *form;
    said.end = end;
    return said;
  }

  void speak(const Said& said, size_t begin) {
    keep(begin);
    if (needs_blank_between(spoken_.text(), said.words))
      spoken_.append_spoken(words_.language.blank(), {begin, begin});
    spoken_.append_spoken(said.words, {begin, said.end});
    kept_ = said.end;
    if (needs_blank_between(said.words, scan_.text().substr(said.end)))
      spoken_.append_spoken(words_.language.blank(), {said.end, said.end});
  }

  Scan scan_;
  const Words& words_;
  const ReadingOptions& options_;
  const std::vector<Range> digit_words_;
  const Sources sources_;
  const Table& abbreviations_ = words_.language.table("abbreviations.words_folded");
  const Table& currencies_ = words_.language.table("money.signs_table");
  const bool has_particles_ = !words_.language.table("particles.open_table").empty();
  const Table& weekdays_ = words_.language.table("date.weekdays_table");
  Spanned spoken_;
  size_t kept_ = 0;        // what comes before is in spoken_
  size_t end_of_run_ = 0;  // of the last run of an address's signs
};

}  // namespace

namespace {

Spanned read_by(const Words& words, const Spanned& normalised, const ReadingOptions& options) {
  const Spanned folded = fold(normalised.text(), words.language);
  Spanned said = folded.after(normalised);
  // A part that one reading leaves may be a form for the next one, so reading repeats until nothing
  // changes.
  constexpr int kMostReadings = 4;
  for (int i = 0; i < kMostReadings; ++i) {
    const Spanned next = Reader(said.text(), words, options).read();
    if (next.text() == said.text()) break;
    said = next.after(said);
  }
  return said;
}

}  // namespace

Spanned read(const Spanned& normalised, std::string_view code, const ReadingOptions& options) {
  const Language* language = Language::find(code);
  const bool is_known = language != nullptr && language->has("numbers.cardinal");
  if (!is_known && options.leaves_unread_digits) return normalised;
  return read_by(words_of(is_known ? *language : *Language::find("en")), normalised, options);
}

Spanned read(const Spanned& normalised, const Language& language, const ReadingOptions& options) {
  return read_by(Words(language), normalised, options);
}

}  // namespace orpheus::text::reading
