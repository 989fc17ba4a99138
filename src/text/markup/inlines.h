#pragma once
// The marks within a stretch of plain text: emphasis, code, links, entities, tags. Pure; from any
// thread.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "text/markup/writer.h"

namespace orpheus::text::markup {

// Facts about all tags of a text, found once: the last closing tag of each name (an opening tag
// without one is not mark-up: "Press <Select>"), and the parts that are never spoken: comments,
// scripts, styles, and thoughts if the options drop them.
struct TagsOfText {
  std::map<std::string, size_t, std::less<>> last_closing;
  std::vector<Range> unsaid;  // in order, apart from each other

  static TagsOfText of(std::string_view input, const Options& options);
  // Whether an opening tag of this name at this offset has a closing tag after it.
  bool closes(std::string_view name, size_t offset) const;
};

// Writes a part of the text without its marks. Signs that only look like marks (2 * 3, snake_case,
// a < b) stay.
void write_inlines(Writer& writer, Range stretch, const TagsOfText& tags);

// Writes a part in which only tags, comments and entities are marks.
void write_html_inlines(Writer& writer, Range stretch, const TagsOfText& tags);

}  // namespace orpheus::text::markup
