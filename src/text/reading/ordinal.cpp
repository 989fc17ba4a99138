// Ordinals: 1st, 1,000th, 1.º, 10ᵉ, 5वां, and German 3. before its noun.
#include "text/reading/rules.h"

namespace orpheus::text::reading {
namespace {

// "3." of German and its like: an ordinal where the word before wants one, or at the begin with a
// word behind; the stop goes.
Reading dotted_ordinal(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  const Language& language = from.language;
  const auto number = parse_number(scan, language, offset);
  if (!language.has("ordinal.dot") || !number || !number->is_whole()) return std::nullopt;
  const size_t dot = number->end;
  if (scan.at(dot) != '.' || scan.is_word(dot + 1)) return std::nullopt;
  const bool is_alone = scan.starts_paragraph(offset) && scan.ends_paragraph(dot + 1);
  const bool has_noun = scan.at(dot + 1) == ' ' && scan.is_letter(dot + 2);
  const std::string* asked =
      language.table("ordinal.after_folded").find(lower(scan.word_before(offset)));
  const bool begins = scan.starts_paragraph(offset) && has_noun && scan.is_upper(dot + 2);
  const bool is_century = has_noun && language.lists("ordinal.before", scan.word_after(dot + 1));
  const bool is_joined = has_noun && !scan.is_upper(dot + 2) &&
                         language.lists("ordinal.joined_by", scan.word_after(dot + 1));
  if (!is_alone && !begins && !is_century && !is_joined && (asked == nullptr || !has_noun))
    return std::nullopt;
  return Said{.end = dot + 1,
              .words = from.numbers.say(*number, asked == nullptr ? "ordinal" : *asked)};
}

}  // namespace

Reading say_ordinal(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  const Language& language = from.language;
  const size_t digits = scan.end_of_digits(offset);
  const size_t token = scan.end_of_letters(digits);
  const std::string* own =
      token == digits ? nullptr
                      : language.table("ordinal.words_table").find(scan.part(offset, token));
  if (own != nullptr && scan.ends_token(token)) return Said{.end = token, .words = *own};
  const auto number = parse_number(scan, language, offset);
  const Table& suffixes = language.table("ordinal.suffixes_table");
  if (!number || !number->is_whole()) return std::nullopt;
  const bool has_suffix = scan.kind(number->end) != CharKind::kBlank;
  const std::string ahead = has_suffix ? lower_ahead(scan, number->end, 24) : "";
  const size_t size = suffixes.longest_at(ahead, [&](size_t n) {
    return scan.ends_token(number->end + n) ||
           (scan.at(number->end + n) == '-' && !scan.is_digit(number->end + n + 1));
  });
  if (size == 0) return dotted_ordinal(from, offset);
  const std::string_view suffix = std::string_view(ahead).substr(0, size);
  const bool is_exact = language.has("ordinal.exact");
  if (is_exact && from.numbers.written_ordinal(number->whole) != suffix) return std::nullopt;
  const std::string& how = *suffixes.find(suffix);
  // A template of the cardinal, or the name of a set.
  if (how.find("{}") != std::string::npos)
    return Said{.end = number->end + size, .words = filled(how, "", from.numbers.say(*number))};
  return Said{.end = number->end + size, .words = from.numbers.say(*number, how)};
}

}  // namespace orpheus::text::reading
