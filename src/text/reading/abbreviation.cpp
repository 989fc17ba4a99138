// Abbreviations of the language: Dr., St. by context, No. 5, e.g., vs.; and letters with stops:
// U.S.
#include "text/reading/rules.h"

namespace orpheus::text::reading {
namespace {

constexpr size_t kLongest = 24;  // bytes

// U.S.A.: single capitals, each with a stop, are one word of letters.
Reading initials(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  std::string letters;
  size_t end = offset;
  size_t count = 0;
  while (scan.is_upper(end) && scan.at(scan.next(end)) == '.') {
    letters += scan.part(end, scan.next(end));
    end = scan.next(end) + 1;
    ++count;
  }
  if (count < 2 || scan.is_word(end)) return std::nullopt;
  // A name's initials stay, as in J.R.R. Tolkien. After "the" they are a word of letters: the
  // U.S.A.
  const Language& language = from.language;
  const bool is_known = language.lists("abbreviations.initials", letters) ||
                        language.lists("abbreviations.initials_after", scan.word_before(offset));
  const bool has_capital = scan.at(end) == ' ' && scan.is_upper(end + 1);
  // "in the U.S.A. Today it rains": the last stop ends the sentence too.
  const bool begins =
      has_capital && language.lists("abbreviations.begins_sentence", scan.word_after(end));
  if (has_capital && !is_known && !begins && count < 4) return std::nullopt;
  if (scan.ends_paragraph(end) || scan.at(end) == '"' || begins) --end;
  return Said{.end = end, .words = letters};
}

// "Musterstr. 12": a word with a shortened end.
Reading short_ending(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  const Table& endings = from.language.table("abbreviations.endings_folded");
  const size_t end = scan.end_of_letters(offset);
  if (endings.empty() || scan.at(end) != '.') return std::nullopt;
  const std::string_view word = scan.part(offset, end);
  for (const auto& [ending, whole] : endings) {
    if (word.size() <= ending.size() || !lower(word).ends_with(ending)) continue;
    const bool ends = scan.ends_paragraph(end + 1);
    return Said{.end = end + (ends ? 0 : 1),
                .words = std::string(word.substr(0, word.size() - ending.size())) + whole};
  }
  return std::nullopt;
}

}  // namespace

Reading say_abbreviation(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  const Language& language = from.language;
  const std::string ahead = lower_ahead(scan, offset, kLongest);
  const Table& all = language.table("abbreviations.words_folded");
  const size_t size = all.longest_at(ahead, [&](size_t n) {
    const size_t end = offset + n;
    // "No.5", but not the beginning of "s.p.a."
    const bool goes_on = scan.is_letter(end) && scan.at(scan.next(end)) == '.';
    if (scan.at(end - 1) == '.') return !goes_on;
    return scan.ends_token(end) || (!scan.is_word(scan.previous(end)) && scan.is_digit(end));
  });
  if (size == 0) {
    if (auto compound = short_ending(from, offset)) return compound;
    return initials(from, offset);
  }
  const std::string_view written = std::string_view(ahead).substr(0, size);
  const std::string& words = *all.find(written);
  size_t end = offset + size;
  const bool may_end = scan.at(end) == ' ' && scan.is_upper(end + 1) &&
                       language.lists("abbreviations.ends_sentence", written);
  const bool ends_paragraph = scan.at(end - 1) == '.' && (scan.ends_paragraph(end) || may_end);
  if (ends_paragraph) --end;  // its stop also ends the sentence
  // "Saint|Street": the first before a name, the second after one.
  const size_t bar = words.find('|');
  if (bar != std::string::npos) {
    const size_t next = scan.skip_blank(offset + size);
    const bool has_name = next > offset + size && scan.is_upper(next);
    const std::string_view before = scan.word_before(offset);
    const bool is_next = offset > 1 && scan.at(offset - 1) == ' ' &&
                         scan.is_word(scan.previous(offset - 1));  // "Hall, Dr. Who"
    const bool is_behind = is_next && !before.empty() && scan.is_upper(scan.offset_of(before));
    const bool is_first =
        has_name && !(is_behind && language.lists("abbreviations.begins_sentence",
                                                  scan.word_after(offset + size)));
    if (is_first && !(is_behind && !language.lists("abbreviations.both", written))) {
      return Said{.end = offset + size, .words = words.substr(0, bar)};
    }
    if (!is_first && !is_behind) return std::nullopt;
    // After a name it may end the sentence. The stop stays if another sentence begins.
    const bool ends_sentence = has_name || ends_paragraph;
    return Said{.end = ends_sentence ? offset + size - 1 : offset + size,
                .words = words.substr(bar + 1)};
  }
  // "#": only before a number.
  if (!words.empty() && words.front() == '#') {
    const size_t next = scan.skip_blank(offset + size);
    constexpr std::string_view kRoman = "IVX";
    const bool is_pronoun = scan.at(next) == 'I' && !scan.is_letter(next + 1);
    const bool has_roman = next < scan.size() && !is_pronoun &&
                           kRoman.find(scan.at(next)) != std::string_view::npos &&
                           language.has("abbreviations.before_roman");
    if (!scan.is_digit(next) && !has_roman) return std::nullopt;
    return Said{.end = offset + size, .words = words.substr(1)};
  }
  // "^Doctor": only before a name.
  if (!words.empty() && words.front() == '^') {
    const bool has_name = scan.at(end) == ' ' && scan.is_upper(end + 1) && scan.is_upper(offset);
    if (!has_name) return std::nullopt;
    return Said{.end = end, .words = words.substr(1)};
  }
  return Said{.end = end, .words = words};
}

}  // namespace orpheus::text::reading
