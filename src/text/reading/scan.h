#pragma once
// A text as characters and tokens. A token is a run of letters, digits and signs between them
// (1,234.5 · v1.2 · AC/DC · o'clock). Characters of scripts without blanks (Han, Kana, Hangul) are
// separate from others, so "3个" is two tokens. Borrows the text. Belongs to one thread.

#include <cstddef>
#include <string>
#include <string_view>

namespace orpheus::text::reading {

enum class CharKind {
  kOther,
  kBlank,
  kDigit,   // 0-9
  kLetter,  // of a script with blanks between words, marks included
  kJoined,  // of a script without, Hangul included
};

class Scan {
 public:
  explicit Scan(std::string_view text) : text_(text) {}

  std::string_view text() const { return text_; }
  size_t size() const { return text_.size(); }
  std::string_view part(size_t begin, size_t end) const { return text_.substr(begin, end - begin); }

  // '\0' after the end.
  char at(size_t offset) const { return offset < text_.size() ? text_[offset] : '\0'; }
  bool has(size_t offset, std::string_view part) const {
    return offset <= text_.size() && text_.substr(offset, part.size()) == part;
  }
  bool is_digit(size_t offset) const { return at(offset) >= '0' && at(offset) <= '9'; }
  bool is_ascii(size_t offset) const { return (at(offset) & 0x80) == 0; }
  char32_t code(size_t offset) const {
    return is_ascii(offset) ? static_cast<char32_t>(at(offset)) : wide_code(offset);
  }
  size_t next(size_t offset) const {
    if (offset >= text_.size()) return text_.size();
    return is_ascii(offset) ? offset + 1 : end_of_wide(offset);
  }
  size_t previous(size_t offset) const {
    if (offset == 0) return 0;
    return is_ascii(offset - 1) ? offset - 1 : begin_of_wide(offset);
  }
  CharKind kind(size_t offset) const {
    if (!is_ascii(offset)) return wide_kind(offset);
    const char c = at(offset);
    if (c >= '0' && c <= '9') return CharKind::kDigit;
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return CharKind::kLetter;
    return c == ' ' || c == '\n' ? CharKind::kBlank : CharKind::kOther;
  }
  bool is_letter(size_t offset) const { return kind(offset) == CharKind::kLetter; }
  bool is_word(size_t offset) const {
    const CharKind k = kind(offset);
    return k == CharKind::kLetter || k == CharKind::kDigit;
  }
  bool is_upper(size_t offset) const;

  size_t end_of_digits(size_t offset) const;
  size_t end_of_letters(size_t offset) const;
  size_t skip_blank(size_t offset) const { return at(offset) == ' ' ? offset + 1 : offset; }
  // The end of the word at this place (up to a blank).
  size_t end_of_chunk(size_t offset) const;

  // Whether a token may begin or end here: no letter or digit continues it, nor a sign before one.
  bool starts_token(size_t offset) const;
  bool ends_token(size_t offset) const;
  size_t end_of_token(size_t offset) const;

  // The word before this place, over one blank (or none), without signs around it; "" at the text's
  // or paragraph's begin.
  // The last answer is remembered: the rules at one place ask for the same word.
  std::string_view word_before(size_t offset) const;
  // The place of a part of the text.
  size_t offset_of(std::string_view part) const {
    return static_cast<size_t>(part.data() - text_.data());
  }
  // The letters that begin here, or after one blank.
  std::string_view word_after(size_t offset) const;
  // Whether this place begins its paragraph.
  bool starts_paragraph(size_t offset) const;
  bool ends_paragraph(size_t offset) const;

 private:
  // The same for characters outside ASCII.
  char32_t wide_code(size_t offset) const;
  size_t end_of_wide(size_t offset) const;
  size_t begin_of_wide(size_t end) const;
  CharKind wide_kind(size_t offset) const;
  // Whether the sign at this place joins its neighbours to one token.
  bool joins(size_t offset) const;

  std::string_view text_;
  mutable size_t asked_ = std::string_view::npos;  // the last offset of word_before()
  mutable std::string_view word_before_;           // its answer
};

// In lower case, by Unicode's rules.
std::string lower(std::string_view text);

// The same for the text that begins here, up to most_bytes of whole characters. "" if its length
// changes with its case, so that its offsets are valid in the text.
std::string lower_ahead(const Scan& scan, size_t offset, size_t most_bytes);

}  // namespace orpheus::text::reading
