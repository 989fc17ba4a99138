#pragma once
// Finds where a text that is still arriving can be cut. A cut is decided when the word behind it is
// complete, from the text up to there. Hence cuts do not depend on how the text is divided into
// parts. Pure. Belongs to one thread.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/spanned.h"
#include "text/split.h"

namespace orpheus::text::markup {

struct CutOptions {
  std::string language;        // ISO 639-1; decides where sentences end
  bool drops_thoughts = true;  // as in Options
  bool keeps_lines = false;    // cuts only at ends of lines
  // In code points. The first stretch of a text may be shorter, so that its sound comes soon.
  size_t least = 40;
  size_t least_clause = 200;  // up to a clause's end
  size_t least_first_clause = 30;
  size_t most = 400;  // a longer sentence is cut at a clause, else between words
};

struct Cut {
  size_t offset = 0;  // of the blanks behind the last word
  PieceEnd end = PieceEnd::kWord;
  bool operator==(const Cut&) const = default;
};

class CutFinder {
 public:
  explicit CutFinder(CutOptions options) : options_(std::move(options)) {}

  // Goes on in a text that begins behind the last cut. It begins with what it had at the last call.
  // Nothing if no cut is certain yet. text: UTF-8, whole characters.
  std::optional<Cut> find(std::string_view text);
  // Call when the text was cut, by find() or otherwise. Offsets are in the rest from here on.
  void restart();

  // Whether the text ends with a sentence or a line, so that it can be cut there if no more comes
  // soon. False if the end may be that of an abbreviation or of a number's part ("3.").
  bool ends_here(std::string_view text) const;
  // The begin of what is not spoken, such as an open thought.
  std::optional<size_t> unsaid_from() const;

 private:
  // What is open at a place in the text.
  struct Marks {
    bool emphasis = false;
    bool code = false;
    bool fence = false;
    size_t num_brackets = 0;
    std::vector<std::string> elements;  // opening tags without their closing one
    bool any() const { return emphasis || code || fence || num_brackets > 0 || !elements.empty(); }
  };

  std::optional<Cut> take_blank(std::string_view text, char blank);
  std::optional<Cut> take_character(std::string_view text, size_t begin);
  std::optional<Cut> end_word(std::string_view text, size_t end);
  std::optional<Cut> judge(std::string_view text, Range word);
  bool take_tag(std::string_view text);
  void obey_tag(std::string_view text, size_t begin);
  void read_marks(std::string_view word, bool begins_line);
  bool is_blocked() const { return marks_.any() || !unsaid_.empty(); }

  const CutOptions options_;
  bool is_first_ = true;

  size_t at_ = 0;  // the scan's place
  size_t num_code_points_ = 0;
  Marks marks_;
  std::string unsaid_;  // the element around the place whose contents are not spoken
  size_t unsaid_begin_ = 0;
  std::optional<size_t> tag_;    // begin of an unfinished tag
  std::optional<size_t> word_;   // begin of an unfinished word
  bool was_blocked_ = false;     // where the word begins
  std::optional<Range> before_;  // the word before it
  size_t line_begin_ = 0;        // of the word before it
  size_t num_newlines_ = 0;      // in the blanks between both
  bool ends_wide_ = false;       // the place follows a full stop that needs no blank ("。")
  std::optional<Cut> fallback_;  // for a sentence that becomes too long
};

}  // namespace orpheus::text::markup
