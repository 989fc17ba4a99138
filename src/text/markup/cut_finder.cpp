#include "text/markup/cut_finder.h"

#include <algorithm>
#include <cstdint>

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "text/markup/element.h"
#include "text/markup/tag.h"
#include "text/sounds.h"

namespace orpheus::text::markup {
namespace {

// Marks that are longer open than this are taken as signs.
constexpr size_t kMostInMarks = 600;
constexpr size_t kMostInFence = 4000;
constexpr size_t kMostTagBytes = 300;

const uint8_t* raw(std::string_view text) { return reinterpret_cast<const uint8_t*>(text.data()); }

bool is_blank(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

UChar32 last_of(std::string_view text) {
  auto at = static_cast<int32_t>(text.size());
  UChar32 c = 0;
  if (at > 0) U8_PREV(raw(text), 0, at, c);
  return c;
}

// Quotes, brackets and marks that may follow a stop.
bool is_closer(UChar32 c) {
  constexpr std::u32string_view kClosers = U"\"')]}*_`”’»」』）】〉》~";
  return kClosers.find(static_cast<char32_t>(c)) != kClosers.npos;
}

bool is_wide_stop(UChar32 c) { return c == U'。' || c == U'！' || c == U'？' || c == U'．'; }

std::string_view without_closers(std::string_view word) {
  while (!word.empty() && is_closer(last_of(word))) {
    auto at = static_cast<int32_t>(word.size());
    U8_BACK_1(raw(word), 0, at);
    word = word.substr(0, static_cast<size_t>(at));
  }
  return word;
}

bool ends_with_any(std::string_view word, std::u32string_view signs) {
  const std::string_view inner = without_closers(word);
  return !inner.empty() && signs.find(static_cast<char32_t>(last_of(inner))) != signs.npos;
}
bool ends_with_stop(std::string_view word) { return ends_with_any(word, U".!?…।॥۔؟。！？．"); }
bool ends_with_clause(std::string_view word) { return ends_with_any(word, U",;:—–،؛，、；："); }

bool has_digit(std::string_view word) {
  for (size_t at = 0; at < word.size();) {
    UChar32 c = 0;
    U8_NEXT(raw(word), at, word.size(), c);
    if (c >= 0 && (U_GET_GC_MASK(c) & U_GC_N_MASK) != 0) return true;
  }
  return false;
}

// A word of letters, with apostrophes and hyphens, between punctuation. Its reading needs no
// neighbour. "TX" may be a state, "VIII" a number.
bool is_plain_word(std::string_view word) {
  constexpr std::u32string_view kOpeners = U"\"'([“‘«„¿¡*_";
  constexpr std::u32string_view kInner = U"'’-‑";
  word = without_closers(word);
  while (!word.empty() && ends_with_any(word, U",;:—–،؛!?…"))
    word = word.substr(0, word.size() - static_cast<size_t>(U8_LENGTH(last_of(word))));
  bool has_small = false;
  size_t num_letters = 0;
  for (size_t at = 0; at < word.size();) {
    UChar32 c = 0;
    U8_NEXT(raw(word), at, word.size(), c);
    if (c < 0) return false;
    const bool is_letter = (U_GET_GC_MASK(c) & (U_GC_L_MASK | U_GC_M_MASK)) != 0;
    const auto sign = static_cast<char32_t>(c);
    if (!is_letter && kInner.find(sign) == kInner.npos &&
        !(num_letters == 0 && kOpeners.find(sign) != kOpeners.npos))
      return false;
    if (is_letter) ++num_letters;
    if (is_letter && u_isupper(c) == 0) has_small = true;
  }
  return has_small || num_letters == 1;
}

// Whether the word begins an item, a heading or a quotation, if it stands at the beginning of a
// line.
bool begins_block(std::string_view word) {
  for (const std::string_view mark : {"-", "*", "+", "•", "–", "◦", "▪", "‣", "·", ">"})
    if (word == mark) return true;
  if (word.find_first_not_of('#') == word.npos) return true;
  size_t num_digits = 0;
  while (num_digits < word.size() && is_digit(word[num_digits])) ++num_digits;
  return num_digits >= 1 && num_digits <= 3 && num_digits + 1 == word.size() &&
         (word.back() == '.' || word.back() == ')');
}

bool is_fence(std::string_view word) { return word.starts_with("```") || word.starts_with("~~~"); }

// How often emphasis opens or closes at the word's edges: "**The" once, "*x*" twice.
size_t num_emphasis_marks(std::string_view word) {
  constexpr std::string_view kBefore = "\"'([";
  constexpr std::string_view kAfter = "\"')].,;:!?";
  while (!word.empty() && kBefore.find(word.front()) != kBefore.npos) word.remove_prefix(1);
  while (!word.empty() && kAfter.find(word.back()) != kAfter.npos) word.remove_suffix(1);
  const auto is_mark = [](char c) { return c == '*' || c == '_'; };
  if (word.find_first_not_of("*_") == word.npos) return 0;  // a bullet, a product, a rule
  return (is_mark(word.front()) ? 1U : 0U) + (is_mark(word.back()) ? 1U : 0U);
}

size_t num_runs(std::string_view word, char sign) {
  size_t count = 0;
  for (size_t at = 0; at < word.size(); ++at)
    if (word[at] == sign && (at == 0 || word[at - 1] != sign)) ++count;
  return count;
}

// Whether a sentence ends at this offset of the text, which goes on behind it. Unicode's rules are
// shown blanks for newlines, and quotes for marks.
bool is_sentence_end(std::string_view text, size_t offset, std::string_view language) {
  // Rules look back over a few words; a text of thousands of stops is not read again for each.
  constexpr size_t kLooksBack = 240;  // bytes
  if (offset > kLooksBack) {
    size_t begin = text.find_first_of(" \n\t\r", offset - kLooksBack);
    if (begin >= offset) {
      begin = offset - kLooksBack;
      while ((static_cast<unsigned char>(text[begin]) & 0xC0U) == 0x80U) ++begin;
    }
    text.remove_prefix(begin);
    offset -= begin;
  }
  std::string shown(text);
  for (char& c : shown) {
    if (is_blank(c)) c = ' ';
    if (c == '*' || c == '_' || c == '`') c = '"';
  }
  return ends_sentence(shown, offset, language);
}

// "e.g.", "U.S." and "z." of "z. B."
bool is_of_letters_with_stops(std::string_view word) {
  const std::string_view inner = without_closers(word);
  if (inner.size() == 2 && is_letter(inner[0]) && inner[1] == '.') return true;
  const size_t stop = word.find('.');
  return stop != word.npos && stop + 1 < word.size() && is_letter(word[stop + 1]);
}

// "3." may be an ordinal ("am 3. Tag"), a long number only in German.
bool may_be_ordinal(std::string_view word, std::string_view language) {
  word = without_closers(word);
  if (word.empty() || word.back() != '.') return false;
  word.remove_suffix(1);
  const size_t num_digits = word.size() - (word.find_last_not_of("0123456789") + 1);
  return num_digits >= 1 && num_digits <= (language == "de" ? 4U : 2U);
}

// "II" of "Vol. II". A word that begins a sentence has small letters.
bool may_be_roman(std::string_view word) {
  return word.find_first_not_of("IVXLCDM.,;:)") == word.npos && word != "I";
}

// "EE." of "EE. UU."
bool is_capitals_and_stop(std::string_view word) {
  word = without_closers(word);
  return word.size() >= 2 && word.size() <= 4 && word.back() == '.' &&
         std::all_of(word.begin(), word.end() - 1, [](char c) { return c >= 'A' && c <= 'Z'; });
}

std::string_view without_blanks_at_end(std::string_view text) {
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view last_word(std::string_view text) {
  size_t begin = text.size();
  while (begin > 0 && !is_blank(text[begin - 1])) --begin;
  return text.substr(begin);
}

}  // namespace

std::optional<Cut> CutFinder::find(std::string_view text) {
  while (at_ < text.size()) {
    const size_t begin = at_;
    if (tag_ && take_tag(text)) continue;
    std::optional<Cut> cut;
    if (is_blank(text[begin])) {
      cut = take_blank(text, text[begin]);
      if (!cut) ++at_;
    } else {
      cut = take_character(text, begin);
      if (!cut) U8_FWD_1(raw(text), at_, text.size());
    }
    if (cut) return cut;
  }
  return std::nullopt;
}

void CutFinder::restart() {
  is_first_ = is_first_ && num_code_points_ == 0;  // nothing but a thought
  at_ = num_code_points_ = unsaid_begin_ = line_begin_ = num_newlines_ = 0;
  marks_ = {};
  unsaid_.clear();
  tag_.reset();
  word_.reset();
  before_.reset();
  fallback_.reset();
  was_blocked_ = ends_wide_ = false;
}

// Inside a tag nothing else counts. False if it proves to be none: the place then stays.
bool CutFinder::take_tag(std::string_view text) {
  const size_t begin = *tag_;
  const char c = text[at_];
  const bool is_second = at_ == begin + 1;
  const bool is_none =
      (is_second && !is_letter(c) && c != '/') || c == '<' || at_ - begin >= kMostTagBytes;
  if (is_none) {
    tag_.reset();
    at_ = begin + 1;  // what it was taken for is read again as words
    return true;
  }
  ++at_;
  if (c == '>') {
    tag_.reset();
    obey_tag(text, begin);
  }
  return true;
}

void CutFinder::obey_tag(std::string_view text, size_t begin) {
  const auto tag = scan_tag(text, begin);
  if (!tag || is_sound(tag->name) || !is_markup(*tag)) return;
  const Role role = find_element(tag->name)->role;
  auto& open = marks_.elements;
  if (tag->kind == Tag::Kind::kClosing) {
    if (unsaid_ == tag->name) unsaid_.clear();
    const auto opened = std::find(open.rbegin(), open.rend(), tag->name);
    if (opened != open.rend()) open.erase(std::next(opened).base());
    return;
  }
  if (tag->kind != Tag::Kind::kOpening || is_void(role) || !unsaid_.empty()) return;
  const size_t line = text.substr(0, begin).find_last_not_of(" \t");
  const bool begins_line = line == text.npos || text[line] == '\n' || text[line] == '\r';
  if (role == Role::kHidden || (role == Role::kThought && options_.drops_thoughts && begins_line)) {
    unsaid_ = tag->name;
    unsaid_begin_ = begin;
  } else {
    open.push_back(tag->name);
  }
}

std::optional<Cut> CutFinder::take_blank(std::string_view text, char blank) {
  if (word_) {
    if (auto cut = end_word(text, at_)) return cut;
  }
  ends_wide_ = false;
  if (blank != '\n' || !before_) return std::nullopt;
  ++num_newlines_;
  if (num_newlines_ != 2) return std::nullopt;
  // Marks end with their paragraph.
  marks_.emphasis = marks_.code = false;
  marks_.num_brackets = 0;
  if (is_blocked()) return std::nullopt;
  return Cut{.offset = before_->end, .end = PieceEnd::kParagraph};
}

std::optional<Cut> CutFinder::take_character(std::string_view text, size_t begin) {
  size_t behind = begin;
  UChar32 c = 0;
  U8_NEXT(raw(text), behind, text.size(), c);
  if (ends_wide_ && !is_closer(c) && !is_wide_stop(c)) {
    ends_wide_ = false;
    // No word's end is awaited: these scripts have none.
    const bool is_long = is_first_ || num_code_points_ >= options_.least / 3;
    if (is_long && !options_.keeps_lines && !is_blocked())
      return Cut{.offset = begin, .end = PieceEnd::kSentence};
  }
  if (!word_) {
    word_ = begin;
    was_blocked_ = is_blocked();
  }
  if (is_wide_stop(c)) {
    ends_wide_ = true;
  } else if (!is_closer(c)) {
    ends_wide_ = false;
  }
  if (c == '<') {
    tag_ = begin;
  } else if (unsaid_.empty()) {
    ++num_code_points_;
  }
  const bool is_blocked_now = is_blocked() || options_.keeps_lines;
  if ((c == U'，' || c == U'、') && !is_blocked_now)
    fallback_ = Cut{.offset = behind, .end = PieceEnd::kClause};
  if (num_code_points_ <= 2 * options_.most || is_blocked_now || tag_) return std::nullopt;
  if (fallback_) return fallback_;
  return Cut{.offset = before_ ? before_->end : begin, .end = PieceEnd::kWord};
}

std::optional<Cut> CutFinder::end_word(std::string_view text, size_t end) {
  const Range word{*word_, end};
  auto cut = judge(text, word);
  if (cut) return cut;
  const bool begins_line = !before_ || num_newlines_ > 0;
  if (begins_line) line_begin_ = word.begin;
  word_.reset();
  before_ = word;
  num_newlines_ = 0;
  if (unsaid_.empty()) read_marks(text.substr(word.begin, word.size()), begins_line);
  const size_t most = marks_.fence ? kMostInFence : kMostInMarks;
  if (marks_.any() && num_code_points_ > most) marks_ = {};
  return std::nullopt;
}

void CutFinder::read_marks(std::string_view word, bool begins_line) {
  if (begins_line && is_fence(word)) marks_.fence = !marks_.fence;
  if (marks_.fence || is_fence(word)) return;
  if (num_emphasis_marks(word) % 2 == 1) marks_.emphasis = !marks_.emphasis;
  if (num_runs(word, '`') % 2 == 1) marks_.code = !marks_.code;
  for (const char c : word) {
    if (c == '[') ++marks_.num_brackets;
    if (c == ']' && marks_.num_brackets > 0) --marks_.num_brackets;
  }
}

// Whether to cut between the last word and this one, which is complete.
std::optional<Cut> CutFinder::judge(std::string_view text, Range word) {
  if (!before_ || was_blocked_) return std::nullopt;
  const std::string_view last = text.substr(before_->begin, before_->size());
  const std::string_view next = text.substr(word.begin, word.size());
  const size_t offset = before_->end;
  const size_t length = num_code_points_;
  if (num_newlines_ > 0) {
    const bool ends = options_.keeps_lines || begins_block(next) || text[line_begin_] == '#';
    if (ends) return Cut{.offset = offset, .end = PieceEnd::kSentence};
  }
  if (options_.keeps_lines) return std::nullopt;
  // A number behind a full stop may belong to it ("No. 5").
  const bool may_belong = is_of_letters_with_stops(last) ||
                          may_be_ordinal(last, options_.language) || has_digit(next) ||
                          may_be_roman(next) ||
                          (is_capitals_and_stop(last) && is_capitals_and_stop(next));
  if (ends_with_stop(last) && !may_belong && (is_first_ || length >= options_.least) &&
      is_sentence_end(text.substr(0, word.end), offset, options_.language))
    return Cut{.offset = offset, .end = PieceEnd::kSentence};
  const bool is_safe = is_plain_word(last) && is_plain_word(next);
  const bool is_clause = ends_with_clause(last);
  const size_t least = is_first_ ? options_.least_first_clause : options_.least_clause;
  if (is_safe && is_clause && length >= least)
    return Cut{.offset = offset, .end = PieceEnd::kClause};
  if (is_safe && (is_clause || !fallback_ || fallback_->end == PieceEnd::kWord))
    fallback_ = Cut{.offset = offset, .end = is_clause ? PieceEnd::kClause : PieceEnd::kWord};
  return length > options_.most ? fallback_ : std::nullopt;
}

bool CutFinder::ends_here(std::string_view text) const {
  if (is_blocked() || tag_) return false;
  const std::string_view words = without_blanks_at_end(text);
  if (words.empty()) return false;
  const std::string_view behind = text.substr(words.size());
  if (behind.find('\n') != behind.npos) return true;
  const std::string_view last = last_word(words);
  if (options_.keeps_lines || !ends_with_stop(last)) return false;
  if (is_wide_stop(last_of(without_closers(last)))) return true;
  if (is_of_letters_with_stops(last) || may_be_ordinal(last, options_.language) ||
      (has_digit(last) && behind.empty()))
    return false;
  // A sentence that goes on with a name shows whether the stop is that of an abbreviation.
  constexpr size_t kMostBytes = 256;  // more than is_sentence_end reads
  size_t begin = words.size() > kMostBytes ? words.size() - kMostBytes : 0;
  while (begin < words.size() && (static_cast<unsigned char>(words[begin]) & 0xC0U) == 0x80U)
    ++begin;
  const std::string_view end = words.substr(begin);
  return is_sentence_end(std::string(end) + " Xenia ", end.size(), options_.language);
}

std::optional<size_t> CutFinder::unsaid_from() const {
  return unsaid_.empty() ? std::nullopt : std::optional(unsaid_begin_);
}

}  // namespace orpheus::text::markup
