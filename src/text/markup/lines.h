#pragma once
// Classifies the lines of a plain text: heading, item of a list, row of a table, code. Pure; from
// any thread.

#include <string_view>
#include <vector>

#include "text/spanned.h"

namespace orpheus::text::markup {

struct Line {
  enum class Kind {
    kText,
    kBlank,
    kHeading,
    kItem,
    kRow,    // of a table
    kCode,   // between fences
    kQuiet,  // only signs: a rule, a fence, the line below a heading
  };
  Kind kind = Kind::kText;
  Range contents;  // of the input, without indentation, marks of the line and its end
};

// All lines, in order. Bytes within `unsaid` count as blanks.
std::vector<Line> read_lines(std::string_view input, const std::vector<Range>& unsaid);

// Whether the utterance ends with this line although there is no stop: the line is short or was
// ended on purpose. widest: bytes of the longest line around it.
bool ends_on_purpose(std::string_view line, std::string_view next, size_t widest);

}  // namespace orpheus::text::markup
