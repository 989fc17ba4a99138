#include "text/fold.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <unordered_set>

#include <unicode/normalizer2.h>
#include <unicode/translit.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include "text/emoji_names.h"
#include "text/sentences.h"

namespace orpheus::text {
namespace {

constexpr size_t kMostTagBytes = 96;
constexpr UChar32 kZeroWidthNonJoiner = 0x200C;
constexpr UChar32 kZeroWidthJoiner = 0x200D;

// As an English reader says a letter that stands alone; a, i and o are words.
constexpr std::array<std::string_view, 26> kLetterNames = {
    "a",   "bee", "see", "dee", "ee",         "eff", "jee", "aitch", "i",
    "jay", "kay", "ell", "em",  "en",         "o",   "pee", "cue",   "are",
    "ess", "tee", "you", "vee", "double you", "ex",  "why", "zee"};

std::string utf8(UChar32 c) {
  std::string text;
  icu::UnicodeString(c).toUTF8String(text);
  return text;
}

bool is_picture(UChar32 c) {
  if (c < 0x2300) return false;  // © ™ ↔ are read
  return u_hasBinaryProperty(c, UCHAR_EXTENDED_PICTOGRAPHIC) != 0 ||
         u_hasBinaryProperty(c, UCHAR_EMOJI_PRESENTATION) != 0 ||
         u_hasBinaryProperty(c, UCHAR_EMOJI_MODIFIER) != 0;
}

bool is_soundless(UChar32 c) {
  const bool is_keycap = c == 0x20E3;
  return u_charType(c) == U_FORMAT_CHAR || is_keycap ||
         u_hasBinaryProperty(c, UCHAR_VARIATION_SELECTOR) != 0;
}

bool is_apostrophe(UChar32 c) { return c == '\'' || c == 0x2019 || c == 0x2018 || c == 0x2BC; }

bool is_letter(UChar32 c) {
  return c >= 0 && (U_GET_GC_MASK(c) & (U_GC_L_MASK | U_GC_M_MASK | U_GC_N_MASK)) != 0;
}

// ", " of a text that was read: the sign that is left of it.
char sign_of(UChar32 c) {
  switch (c) {
    case '.':
    case 0x3002:  // 。
    case 0xFF0E:
    case 0x964: return '.';  // danda
    case '!':
    case 0xA1:
    case 0xFF01: return '!';
    case '?':
    case 0xBF:
    case 0xFF1F:
    case 0x61F: return '?';
    case ',':
    case ';':
    case ':':
    case '(':
    case ')':
    case '[':
    case ']':
    case '{':
    case '}':
    case 0x2013:
    case 0x2014:
    case 0x2015:
    case 0xFF0C:
    case 0x3001:
    case 0xFF1B:
    case 0xFF1A:
    case 0xFF08:
    case 0xFF09: return ',';
    default: return ' ';
  }
}

// Of two signs in a row the one that stays.
char stronger(char a, char b) {
  constexpr std::string_view kOrder = " ,.!?";
  return kOrder.find(a) >= kOrder.find(b) ? a : b;
}

class Folder {
 public:
  Folder(std::string_view text, std::string_view language, const Habits& habits, Emoji emoji)
      : text_(text), language_(language), habits_(habits), emoji_(emoji) {
    for (size_t at = 0; at < habits.characters.size();) {
      UChar32 c = 0;
      U8_NEXT(raw(habits.characters), at, habits.characters.size(), c);
      alphabet_.insert(c);
    }
  }

  Spanned fold() {
    for (size_t at = 0; at < text_.size();) {
      const size_t begin = at;
      const UChar32 c = next(at);
      if (const size_t tag = c == '<' ? end_of_tag(begin) : begin; tag > begin) {
        put(text_.substr(begin, tag - begin), {begin, tag});
        at = tag;
      } else if (c == '\n') {
        end_line(begin);
      } else if (is_picture(c)) {
        at = pictures(begin);
      } else if (is_soundless(c)) {
        if (joins(c, begin, at)) put(text_.substr(begin, at - begin), {begin, at});
      } else if (alphabet_.empty()) {
        if (c == ' ')
          separate(' ', {begin, at});
        else
          put(text_.substr(begin, at - begin), {begin, at});
      } else if (is_letter(c)) {
        at = word(begin);
      } else {
        at = separator(c, begin, at);
      }
    }
    flush_at_end();
    return std::move(out_);
  }

 private:
  static const uint8_t* raw(std::string_view text) {
    return reinterpret_cast<const uint8_t*>(text.data());
  }
  UChar32 next(size_t& at) const {
    UChar32 c = 0;
    U8_NEXT(raw(text_), at, text_.size(), c);
    return c;
  }
  UChar32 peek(size_t at) const { return at < text_.size() ? next(at) : 0; }
  bool has(UChar32 c) const { return alphabet_.count(c) > 0; }

  size_t end_of_tag(size_t begin) const {
    if (!habits_.speaks_tags) return begin;
    const size_t close = text_.substr(0, std::min(text_.size(), begin + kMostTagBytes))
                             .find_first_of("<>\n", begin + 1);
    if (close == std::string_view::npos || text_[close] != '>') return begin;
    return u_isalpha(peek(begin + 1)) != 0 ? close + 1 : begin;
  }

  // Within words of Indic scripts and Persian the joiners shape letters.
  bool joins(UChar32 c, size_t begin, size_t end) const {
    const bool is_joiner = c == kZeroWidthJoiner || c == kZeroWidthNonJoiner;
    if (!is_joiner || !alphabet_.empty() || begin == 0) return false;
    const UChar32 follower = peek(end);
    const std::string& said = out_.text();
    auto last = static_cast<int32_t>(said.size());  // a text is at most 256 MiB
    UChar32 before = 0;
    if (last > 0) U8_PREV(raw(said), 0, last, before);
    return is_letter(before) && is_letter(follower) && !is_soundless(follower) && !is_separated_;
  }

  // A picture with what shapes it (tones of skin, joiners, the other half of a flag); where it
  // ends.
  size_t pictures(size_t begin) {
    size_t end = begin;
    std::string sequence;  // without what changes no name
    bool is_joined = true;
    bool is_flag = false;
    for (size_t at = begin; at < text_.size();) {
      const size_t start = at;
      const UChar32 c = next(at);
      const bool is_shape = u_hasBinaryProperty(c, UCHAR_VARIATION_SELECTOR) != 0 ||
                            u_hasBinaryProperty(c, UCHAR_EMOJI_MODIFIER) != 0;
      const bool is_half = u_hasBinaryProperty(c, UCHAR_REGIONAL_INDICATOR) != 0;
      const bool joins_on = c == kZeroWidthJoiner && at < text_.size() && is_picture(peek(at));
      const bool belongs = start == begin || is_shape || joins_on ||
                           (is_picture(c) && (is_joined || (is_half && is_flag)));
      if (!belongs) break;
      if (!is_shape) sequence += text_.substr(start, at - start);
      is_flag = is_half && start == begin;
      is_joined = joins_on;
      end = at;
    }
    const Range extent{begin, end};
    was_picture_ = true;
    if (emoji_ == Emoji::kName) {
      const std::string words = in_alphabet(emoji_name(sequence, language_));
      if (!words.empty()) {
        separate(' ', {begin, begin});
        put(words, extent);
        was_picture_ = true;
      }
    }
    separate(' ', extent);
    return end;
  }

  // Words in the letters that the voice was taught.
  std::string in_alphabet(const std::string& words) {
    if (alphabet_.empty()) return words;
    std::string spelt;
    for (size_t at = 0; at < words.size();) {
      UChar32 c = 0;
      U8_NEXT(raw(words), at, words.size(), c);
      if (has(c))
        spelt += utf8(c);
      else
        add_latin(icu::UnicodeString(c), spelt);
    }
    return spelt;
  }

  // ---- signs wait until it is known what follows

  void separate(char sign, Range extent) {
    if (!is_separated_) {
      between_ = extent;
      sign_ = sign;
    }
    is_separated_ = true;
    between_.end = extent.end;
    sign_ = stronger(sign, sign_);
  }

  void flush() {
    if (!is_separated_) return;
    is_separated_ = false;
    if (out_.empty() || out_.text().back() == '\n') return;
    const std::string sign = sign_ == ' ' ? " " : std::string({sign_, ' '});
    append(sign, between_);
  }

  void flush_at_end() {
    if (is_separated_ && sign_ != ' ' && !out_.empty() && out_.text().back() != '\n')
      append(std::string(1, sign_), between_);
    is_separated_ = false;
  }

  void end_line(size_t at) {
    flush_at_end();
    out_.append_verbatim("\n", at);
    was_picture_ = false;
  }

  void put(std::string_view words, Range extent) {
    const bool is_sign = words.size() == 1 && sign_of(words.front()) != ' ';
    if (was_picture_ && is_sign) is_separated_ = false;  // "great 😀." has no blank before its stop
    flush();
    was_picture_ = false;
    append(words, extent);
  }

  void append(std::string_view words, Range extent) {
    if (text_.substr(extent.begin, extent.size()) == words)
      out_.append_verbatim(words, extent.begin);
    else
      out_.append_spoken(words, extent);
  }

  size_t separator(UChar32 c, size_t begin, size_t end) {
    const bool is_ellipsis = c == 0x2026 || (c == '.' && end < text_.size() && text_[end] == '.');
    if (is_ellipsis) {
      while (end < text_.size() && text_[end] == '.') ++end;
      const UChar32 follower = peek(skip_blanks(end));
      separate(u_islower(follower) != 0 ? ',' : '.', {begin, end});
      return end;
    }
    char sign = sign_of(c);
    const bool is_closing_quote = c == '"' || c == 0x201D || c == 0xBB || is_apostrophe(c);
    if (is_closing_quote && is_separated_ && sign_ != ' ' && sign_ != ',' &&
        u_islower(peek(skip_blanks(end))) != 0) {
      sign_ = ',';  // "No!" he said
    }
    const bool is_inside =
        end < text_.size() && begin > 0 && is_letter(peek(end)) && text_[begin - 1] != ' ';
    if (c == '.' && (is_inside || ends_initial(end))) sign = ' ';
    if (c == ':' && is_inside) sign = ' ';
    if (sign != ' ' && !has(sign)) sign = ' ';
    separate(sign, {begin, end});
    return end;
  }

  size_t skip_blanks(size_t at) const {
    while (at < text_.size() && text_[at] == ' ') ++at;
    return at;
  }

  // "J. R. R. Tolkien" and "the U.S.A. are": a stop behind a letter, and the sentence goes on.
  bool ends_initial(size_t end) const {
    const size_t follower = skip_blanks(end);
    if (follower >= text_.size() || end < 2) return false;
    const char before = end > 2 ? text_[end - 3] : ' ';
    const char letter = text_[end - 2];
    const bool is_capital = letter >= 'A' && letter <= 'Z' && (before == ' ' || before == '.');
    const bool is_name = u_isupper(peek(follower)) != 0 && goes_on(text_, follower);
    return is_name || (is_capital && u_islower(peek(follower)) != 0);
  }

  // ---- words

  size_t word(size_t begin) {
    size_t end = begin;
    bool is_all_capitals = true;
    bool apostrophe = false;
    std::string spelt;
    while (end < text_.size()) {
      size_t behind = end;
      const UChar32 c = next(behind);
      if (is_apostrophe(c)) {
        if (spelt.empty() || !is_letter(peek(behind))) break;
        apostrophe = true;  // if a letter comes that the voice was taught
      } else if (is_letter(c) && !is_soundless(c)) {
        std::string letters = utf8(c);
        if (!has(c)) {
          letters.clear();
          behind = foreign(end, letters);
        }
        if (apostrophe && !letters.empty() && has('\'')) spelt += '\'';
        apostrophe = false;
        spelt += letters;
        if (u_isalpha(c) != 0) is_all_capitals = is_all_capitals && u_isupper(c) != 0;
      } else if (!is_soundless(c)) {
        break;
      }
      end = behind;
    }
    if (spelt.size() == 1) {
      spelt = letter_name(spelt.front());
    } else if (is_all_capitals && spelt.size() >= 2) {
      for (size_t i = 1; i < spelt.size(); ++i)
        if (spelt[i] >= 'A' && spelt[i] <= 'Z') spelt[i] = static_cast<char>(spelt[i] - 'A' + 'a');
    }
    if (spelt.empty())
      separate(' ', {begin, end});
    else
      put(spelt, {begin, end});
    return end;
  }

  std::string letter_name(char letter) const {
    const auto small = static_cast<char>(letter | 0x20);
    const bool is_word = small == 'a' || small == 'i' || small == 'o';
    if (language_ != "en" || is_word || small < 'a' || small > 'z') return std::string(1, letter);
    return std::string(kLetterNames[static_cast<size_t>(small - 'a')]);
  }

  // A stretch of letters that the voice was not taught, as those it was; where it ends.
  size_t foreign(size_t begin, std::string& spelt) {
    size_t end = begin;
    while (end < text_.size()) {
      size_t behind = end;
      const UChar32 c = next(behind);
      if (!is_letter(c) || has(c)) break;
      end = behind;
    }
    const auto [entry, is_new] = foreign_.try_emplace(text_.substr(begin, end - begin));
    if (is_new) {
      add_latin(icu::UnicodeString::fromUTF8(
                    icu::StringPiece(text_.data() + begin, static_cast<int32_t>(end - begin))),
                entry->second);
    }
    spelt += entry->second;
    return end;
  }

  void add_latin(icu::UnicodeString letters, std::string& spelt) {
    letters = latin(letters);
    for (int32_t at = 0; at < letters.length(); at = letters.moveIndex32(at, 1)) {
      const UChar32 c = letters.char32At(at);
      if (u_isalpha(c) == 0) continue;  // Han comes out in syllables with blanks
      if (has(c))
        spelt += utf8(c);
      else if (has(u_tolower(c)))
        spelt += utf8(u_tolower(c));
    }
  }

  // Ideographs and syllables of Hangul one by one, each looked up once: ICU takes long for a run of
  // them.
  icu::UnicodeString latin(const icu::UnicodeString& letters) {
    icu::UnicodeString result;
    icu::UnicodeString run;
    const auto end_run = [&] {
      transliterate(run);
      result += run;
      run.remove();
    };
    for (int32_t at = 0; at < letters.length(); at = letters.moveIndex32(at, 1)) {
      const UChar32 c = letters.char32At(at);
      const bool is_syllable = c >= 0xAC00 && c <= 0xD7A3;
      if (!is_syllable && u_hasBinaryProperty(c, UCHAR_IDEOGRAPHIC) == 0) {
        run += c;
        continue;
      }
      end_run();
      const auto [entry, is_new] = syllables_.try_emplace(c, c);
      if (is_new) transliterate(entry->second);
      result += entry->second;
    }
    end_run();
    return result;
  }

  void transliterate(icu::UnicodeString& letters) {
    if (letters.isEmpty()) return;
    if (!transliterator_ && !has_no_transliterator_) {
      UErrorCode status = U_ZERO_ERROR;
      transliterator_.reset(
          icu::Transliterator::createInstance("Any-Latin; Latin-ASCII", UTRANS_FORWARD, status));
      has_no_transliterator_ = U_FAILURE(status) || !transliterator_;
    }
    if (transliterator_) transliterator_->transliterate(letters);
  }

  std::string_view text_;
  std::string_view language_;
  const Habits& habits_;
  Emoji emoji_;
  std::unordered_set<UChar32> alphabet_;
  std::unique_ptr<icu::Transliterator> transliterator_;  // made when a text needs it
  bool has_no_transliterator_ = false;
  std::unordered_map<UChar32, icu::UnicodeString> syllables_;  // of one character each
  std::unordered_map<std::string_view, std::string> foreign_;  // stretches, each looked up once
  Spanned out_;
  bool is_separated_ = false;
  Range between_;
  char sign_ = ' ';
  bool was_picture_ = false;
};

}  // namespace

Spanned folded(const Spanned& text, std::string_view language, const Habits& habits, Emoji emoji) {
  return Folder(text.text(), language, habits, emoji).fold().after(text);
}

Spanned finished(const Spanned& piece, const Habits& habits) {
  const std::string_view text = piece.text();
  const auto is_taught = [&](char c) { return habits.characters.find(c) != std::string::npos; };
  if (text.empty() || !is_taught('.')) return piece;
  const size_t end = text.find_last_not_of(" ,") + 1;
  const char first = text.front();
  const bool is_small = first >= 'a' && first <= 'z';
  Spanned whole;
  if (is_small)
    whole.append_spoken(std::string(1, static_cast<char>(first - 'a' + 'A')), piece.origin({0, 1}));
  whole.append(piece.slice({is_small ? size_t{1} : 0, end}));
  const char last = end > 0 ? text[end - 1] : ' ';
  if (last != '.' && last != '!' && last != '?') {
    const size_t behind = piece.origin({0, end}).end;
    whole.append_spoken(".", {behind, behind});
  }
  return whole;
}

}  // namespace orpheus::text
