#include "text/split.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>

#include <unicode/brkiter.h>
#include <unicode/filteredbrk.h>
#include <unicode/uchar.h>
#include <unicode/utext.h>
#include <unicode/utf8.h>

#include "base/utf8.h"
#include "text/sentences.h"
#include "text/sounds.h"

namespace orpheus::text {
namespace {

// A place where a piece may end.
struct Break {
  size_t offset = 0;
  PieceEnd strength = PieceEnd::kWord;
};

struct Tag {
  size_t begin = 0;
  size_t end = 0;
  bool has_inside(size_t offset) const { return begin < offset && offset < end; }
};

// Longer than any tag that a voice was trained on.
constexpr size_t kMaxTagCodePoints = 32;

const uint8_t* raw(std::string_view text) { return reinterpret_cast<const uint8_t*>(text.data()); }

bool is_blank(char c) { return c == ' ' || c == '\n'; }

size_t skip_blanks(std::string_view text, size_t offset) {
  while (offset < text.size() && is_blank(text[offset])) ++offset;
  return offset;
}

bool ends_paragraph(std::string_view text, size_t offset) {
  return offset == text.size() || text[offset] == '\n';
}

// The end of as many code points, or of the paragraph.
size_t skip_code_points(std::string_view text, size_t offset, size_t count) {
  for (; count > 0 && !ends_paragraph(text, offset); --count)
    U8_FWD_1(raw(text), offset, text.size());
  return offset;
}

// The end of as many words (what stands between blanks), or of the paragraph.
size_t skip_words(std::string_view text, size_t offset, size_t count, size_t limit) {
  const auto is_within = [&] { return offset < limit && !ends_paragraph(text, offset); };
  for (; count > 0 && is_within(); --count) {
    while (is_within() && is_blank(text[offset])) ++offset;
    while (is_within() && !is_blank(text[offset])) ++offset;
  }
  return offset;
}

bool is_stop(char c) { return c == '.' || c == '!' || c == '?'; }

bool is_stop_behind(std::string_view text, size_t offset) {
  while (offset > 0 && (is_blank(text[offset - 1]) || text[offset - 1] == '"')) --offset;
  return offset > 0 && is_stop(text[offset - 1]);
}

// The end of as many sentences, by stops before blanks, or of the paragraph; at most this limit,
// so that a text without stops is not read again for each piece.
size_t skip_sentences(std::string_view text, size_t offset, size_t count, size_t limit,
                      std::span<const Tag> tags) {
  auto tag =
      std::partition_point(tags.begin(), tags.end(), [&](const Tag& t) { return t.end <= offset; });
  for (; offset < limit && !ends_paragraph(text, offset); ++offset) {
    while (tag != tags.end() && tag->end <= offset) ++tag;
    const bool is_in_tag = tag != tags.end() && tag->has_inside(offset);
    if (is_in_tag || !is_stop(text[offset])) continue;
    size_t behind = offset + 1;
    while (!ends_paragraph(text, behind) && (is_stop(text[behind]) || text[behind] == '"'))
      ++behind;
    offset = behind - 1;
    if (!ends_paragraph(text, behind) && text[behind] == ' ' && --count == 0) return behind;
  }
  return offset;
}

// Tags that a piece has room for: '<', a letter, and on to the next '>'.
std::vector<Tag> find_tags(std::string_view text, size_t max_code_points) {
  std::vector<Tag> tags;
  for (size_t begin = text.find('<'); begin != std::string_view::npos;
       begin = text.find('<', begin + 1)) {
    const size_t last = text.find_first_of("<>\n", begin + 1);
    if (last == std::string_view::npos) break;
    size_t name = begin + 1;
    UChar32 first = 0;
    U8_NEXT(raw(text), name, text.size(), first);
    const bool is_tag = text[last] == '>' && u_isalpha(first) != 0;
    if (is_tag && count_code_points(text.substr(begin, last + 1 - begin)) <=
                      std::min(max_code_points, kMaxTagCodePoints))
      tags.push_back({.begin = begin, .end = last + 1});
  }
  return tags;
}

// ICU's rules, and its lists of abbreviations after which no sentence ends.
std::unique_ptr<icu::BreakIterator> make_sentence_iterator(const icu::Locale& locale,
                                                           UErrorCode& status) {
  std::unique_ptr<icu::BreakIterator> sentences(
      icu::BreakIterator::createSentenceInstance(locale, status));
  UErrorCode list_status = U_ZERO_ERROR;
  const std::unique_ptr<icu::FilteredBreakIteratorBuilder> builder(
      icu::FilteredBreakIteratorBuilder::createInstance(locale, list_status));
  if (U_FAILURE(status) || U_FAILURE(list_status)) return sentences;  // a language without a list
  // English lacks the first and last, German the second.
  for (const char* title : {"Dr.", "Prof.", "St."}) builder->suppressBreakAfter(title, status);
  return std::unique_ptr<icu::BreakIterator>(builder->build(sentences.release(), status));
}

icu::Locale locale_of(std::string_view language) {
  const bool is_code =
      language.size() == 2 &&
      std::all_of(language.begin(), language.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  return is_code ? icu::Locale(std::string(language).c_str()) : icu::Locale::getRoot();
}

// Whether a stretch ends with a comma or its like, in any script, closing
// quotes and brackets after it included. A full stop that ends no sentence ends
// an abbreviation.
bool ends_clause(std::string_view stretch) {
  for (auto offset = static_cast<int32_t>(stretch.size()); offset > 0;) {
    UChar32 c = 0;
    U8_PREV(raw(stretch), 0, offset, c);
    if (c == u'–' || c == u'—' || c == u'…') return true;
    if (u_hasBinaryProperty(c, UCHAR_TERMINAL_PUNCTUATION) != 0) return c != '.';
    const bool may_follow = c == ' ' || c == '"' || c == '\'' ||
                            (U_GET_GC_MASK(c) & (U_GC_PE_MASK | U_GC_PF_MASK)) != 0;
    if (!may_follow) return false;
  }
  return false;
}

// Moves on to the first boundary that is not before this offset; whether it is
// just there.
bool has_boundary_at(icu::BreakIterator& boundaries, int32_t offset) {
  while (boundaries.current() < offset && boundaries.next() != icu::BreakIterator::DONE) {
  }
  return boundaries.current() == offset;
}

// In text order. A break is where a line may be broken and a word ends: the
// first rule keeps signs with their words, the second keeps together what some
// scripts write without blanks.
std::vector<Break> find_breaks(std::string_view text, std::string_view language,
                               std::span<const Tag> tags) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Locale locale = locale_of(language);
  const std::unique_ptr<icu::BreakIterator> lines(
      icu::BreakIterator::createLineInstance(locale, status));
  const std::unique_ptr<icu::BreakIterator> words(
      icu::BreakIterator::createWordInstance(locale, status));
  const std::unique_ptr<icu::BreakIterator> sentences = make_sentence_iterator(locale, status);
  const icu::LocalUTextPointer input(
      utext_openUTF8(nullptr, text.data(), static_cast<int64_t>(text.size()), &status));
  if (U_FAILURE(status)) return {};
  for (const auto* boundaries : {&lines, &words, &sentences}) {
    (*boundaries)->setText(input.getAlias(), status);
    if (U_FAILURE(status)) return {};
    (*boundaries)->first();
  }

  std::vector<Break> breaks;
  auto tag = tags.begin();
  for (int32_t next = lines->next(); next != icu::BreakIterator::DONE; next = lines->next()) {
    const auto offset = static_cast<size_t>(next);
    while (tag != tags.end() && tag->end <= offset) ++tag;
    if (tag != tags.end() && tag->has_inside(offset)) continue;
    if (!has_boundary_at(*words, next)) continue;
    const size_t previous = breaks.empty() ? 0 : breaks.back().offset;
    const auto strength = [&] {
      if (has_boundary_at(*sentences, next) && !goes_on(text, offset)) return PieceEnd::kSentence;
      if (ends_clause(text.substr(previous, offset - previous))) return PieceEnd::kClause;
      return PieceEnd::kWord;
    };
    breaks.push_back({.offset = offset, .strength = strength()});
  }
  return breaks;
}

// The strongest break up to limit, of equal ones the last. Null when there is
// none.
const Break* strongest_break(std::span<const Break> breaks, size_t limit) {
  const Break* strongest = nullptr;
  for (const Break& candidate : breaks) {
    if (candidate.offset > limit) break;
    if (strongest == nullptr || candidate.strength >= strongest->strength) strongest = &candidate;
  }
  return strongest;
}

// Where to cut a word that fills begin … limit: before a tag that reaches over
// the limit, and between characters as people see them, if there is such a
// place.
size_t cut_word(std::string_view text, size_t begin, size_t limit, std::span<const Tag> tags) {
  const auto tag =
      std::partition_point(tags.begin(), tags.end(), [&](const Tag& t) { return t.end <= limit; });
  if (tag != tags.end() && tag->has_inside(limit) && tag->begin > begin) limit = tag->begin;

  // One code point more, so that the limit itself may prove to be a boundary.
  const std::string_view window = text.substr(begin, skip_code_points(text, limit, 1) - begin);
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<icu::BreakIterator> characters(
      icu::BreakIterator::createCharacterInstance(icu::Locale::getRoot(), status));
  const icu::LocalUTextPointer input(
      utext_openUTF8(nullptr, window.data(), static_cast<int64_t>(window.size()), &status));
  if (U_SUCCESS(status)) characters->setText(input.getAlias(), status);
  if (U_FAILURE(status)) return limit;
  const int32_t boundary = characters->preceding(static_cast<int32_t>(window.size()));
  return boundary > 0 ? begin + static_cast<size_t>(boundary) : limit;
}

// The last offset before `last` whose text fits into the longest time; at least one character.
size_t skip_seconds(std::string_view text, size_t begin, const PieceLengths& lengths, size_t last) {
  double seconds = 0;
  for (size_t offset = begin; offset < last;) {
    UChar32 c = 0;
    size_t next = offset;
    U8_NEXT(raw(text), next, text.size(), c);
    seconds += lengths.seconds_of(static_cast<char32_t>(c));
    if (seconds > lengths.most_seconds && offset > begin) return offset;
    offset = next;
  }
  return last;
}

std::string_view without_blanks_at_end(std::string_view text) {
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool can_be_spoken(std::string_view text) {
  for (size_t offset = 0; offset < text.size();) {
    UChar32 c = 0;
    U8_NEXT(raw(text), offset, text.size(), c);
    if (c >= 0 && (U_GET_GC_MASK(c) & (U_GC_L_MASK | U_GC_N_MASK)) != 0) return true;
  }
  return false;
}

}  // namespace

Spanned without_tags(const Spanned& normalised_text) {
  const std::string_view text = normalised_text.text();
  Spanned rest;
  size_t behind = 0;
  for (const Tag& tag : find_tags(text, kMaxTagCodePoints)) {
    if (!is_sound(text.substr(tag.begin + 1, tag.end - tag.begin - 2))) continue;  // words
    rest.append(normalised_text.slice({behind, tag.begin}));
    behind = tag.end;
    const bool stands_apart = rest.empty() || is_blank(rest.text().back());
    if (stands_apart && behind < text.size() && text[behind] == ' ') ++behind;
  }
  rest.append(normalised_text.slice({behind, text.size()}));
  return rest;
}

std::string without_tags(std::string_view normalised_text) {
  return without_tags(Spanned::verbatim(normalised_text)).text();
}

std::vector<Range> sentence_ranges(std::string_view text, std::string_view language) {
  std::vector<Range> sentences;
  size_t begin = skip_blanks(text, 0);
  const auto end_at = [&](size_t end) {
    if (begin >= end) return;
    const std::string_view sentence = without_blanks_at_end(text.substr(begin, end - begin));
    if (!sentence.empty()) sentences.push_back({begin, begin + sentence.size()});
    begin = skip_blanks(text, end);
  };
  // A tag may begin a sentence: Unicode's rules, which see no capital there, are shown one.
  const std::vector<Tag> tags = find_tags(text, kMaxTagCodePoints);
  std::string shown(text);
  for (const Tag& tag : tags) {
    std::fill(shown.begin() + static_cast<std::ptrdiff_t>(tag.begin),
              shown.begin() + static_cast<std::ptrdiff_t>(tag.end), 'X');
  }
  for (const Break& found : find_breaks(shown, language, tags)) {
    if (found.strength >= PieceEnd::kSentence) end_at(found.offset);
  }
  end_at(text.size());
  return sentences;
}

bool ends_sentence(std::string_view text, size_t offset, std::string_view language) {
  thread_local std::string language_of_rules;
  thread_local std::unique_ptr<icu::BreakIterator> sentences;
  UErrorCode status = U_ZERO_ERROR;
  if (!sentences || language_of_rules != language) {
    sentences = make_sentence_iterator(locale_of(language), status);
    language_of_rules = language;
  }
  std::string shown(text);  // as in sentence_ranges
  for (const Tag& tag : find_tags(text, kMaxTagCodePoints)) {
    std::fill(shown.begin() + static_cast<std::ptrdiff_t>(tag.begin),
              shown.begin() + static_cast<std::ptrdiff_t>(tag.end), 'X');
  }
  const icu::LocalUTextPointer input(
      utext_openUTF8(nullptr, shown.data(), static_cast<int64_t>(shown.size()), &status));
  if (U_FAILURE(status) || !sentences) {
    sentences = nullptr;
    return false;
  }
  sentences->setText(input.getAlias(), status);
  const size_t next = skip_blanks(shown, offset);
  const bool ends = U_SUCCESS(status) && has_boundary_at(*sentences, static_cast<int32_t>(next)) &&
                    !goes_on(shown, next);
  // The text does not outlive this call.
  const icu::LocalUTextPointer none(utext_openUTF8(nullptr, "", 0, &status));
  sentences->setText(none.getAlias(), status);
  return ends;
}

std::vector<Piece> split(std::string_view text, std::string_view language,
                         const PieceLengths& lengths) {
  std::vector<Piece> pieces;
  for (const PieceRange& range : split_ranges(text, language, lengths)) {
    pieces.push_back(
        {.text = std::string(text.substr(range.text.begin, range.text.size())), .end = range.end});
  }
  return pieces;
}

std::vector<PieceRange> split_ranges(std::string_view text, std::string_view language,
                                     const PieceLengths& lengths) {
  const size_t most = std::max<size_t>(lengths.most, 1);
  const std::vector<Tag> tags = find_tags(text, most);
  const std::vector<Break> breaks = find_breaks(text, language, tags);

  auto ahead = breaks.begin();
  const auto limit_of_piece = [&](size_t begin) {
    size_t last = skip_code_points(text, begin, most);
    if (lengths.seconds_of != nullptr) last = skip_seconds(text, begin, lengths, last);
    if (lengths.most_words > 0) last = skip_words(text, begin, lengths.most_words, last);
    if (lengths.most_sentences > 0)
      last = std::min(last, skip_sentences(text, begin, lengths.most_sentences, last, tags));
    return last;
  };
  const auto end_of_piece = [&](size_t begin) -> Break {
    const size_t last = limit_of_piece(begin);
    if (ends_paragraph(text, last)) return {.offset = last, .strength = PieceEnd::kParagraph};
    if (lengths.most_sentences > 0 && is_stop_behind(text, last))
      return {.offset = last, .strength = PieceEnd::kSentence};
    while (ahead != breaks.end() && ahead->offset <= begin) ++ahead;
    // Blanks are not spoken: a break behind them is as near as one before them.
    const Break* strongest = strongest_break({ahead, breaks.end()}, skip_blanks(text, last));
    if (strongest != nullptr) return *strongest;
    return {.offset = cut_word(text, begin, last, tags), .strength = PieceEnd::kWord};
  };
  // The first sentence that ends a beginning of this length, where one does
  // before the piece.
  const auto end_of_first_piece = [&](size_t begin) -> Break {
    const Break whole = end_of_piece(begin);
    const size_t least = skip_code_points(text, begin, lengths.least_first);
    const auto first = std::partition_point(ahead, breaks.end(), [&](const Break& candidate) {
      return candidate.offset <= begin || candidate.offset < least;
    });
    const auto behind = std::partition_point(first, breaks.end(), [&](const Break& candidate) {
      return candidate.offset < whole.offset;
    });
    const auto early = std::find_if(first, behind, [](const Break& candidate) {
      return candidate.strength == PieceEnd::kSentence;
    });
    const bool is_all = skip_blanks(text, whole.offset) == text.size();
    return is_all || early == behind ? whole : *early;
  };

  std::vector<PieceRange> pieces;
  for (size_t begin = skip_blanks(text, 0); begin < text.size();) {
    const Break end = pieces.empty() ? end_of_first_piece(begin) : end_of_piece(begin);
    const std::string_view piece = without_blanks_at_end(text.substr(begin, end.offset - begin));
    if (can_be_spoken(piece))
      pieces.push_back({.text = {begin, begin + piece.size()}, .end = end.strength});
    begin = skip_blanks(text, end.offset);
  }
  return pieces;
}

}  // namespace orpheus::text
