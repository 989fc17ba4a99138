#pragma once
// Reads plain text: paragraphs, wrapped lines, and Markdown, HTML and controls that occur in it
// anyway. Cautious: doubtful marks stay as they are. Pure; from any thread.

#include "text/markup/writer.h"

namespace orpheus::text::markup {

// Writes all of the writer's input.
void write_plain(Writer& writer);

}  // namespace orpheus::text::markup
