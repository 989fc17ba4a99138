#pragma once
// The marks within a stretch of plain text: emphasis, code, links, entities, tags. Pure; from any
// thread.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "text/markup/writer.h"

namespace orpheus::text::markup {

// What a whole text says about its tags, found once: where each name is last closed (an opening tag
// that nothing closes is no mark-up: "Press <Select>"), and the stretches that are never said
// whatever stands in them: comments, scripts, styles, thoughts where the options drop them.
struct TagsOfText {
  std::map<std::string, size_t, std::less<>> last_closing;
  std::vector<Range> unsaid;  // in order, apart from each other

  static TagsOfText of(std::string_view input, const Options& options);
  // Whether an opening tag of this name at this offset is closed behind it.
  bool closes(std::string_view name, size_t offset) const;
};

// Writes the stretch without its marks. What only looks like a mark (2 * 3, snake_case, a < b)
// stays.
void write_inlines(Writer& writer, Range stretch, const TagsOfText& tags);

// Writes a stretch in which tags, comments and entities alone are marks.
void write_html_inlines(Writer& writer, Range stretch, const TagsOfText& tags);

}  // namespace orpheus::text::markup
