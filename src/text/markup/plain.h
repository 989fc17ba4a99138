#pragma once
// Plain text as people type it: paragraphs, wrapped lines, and what of Markdown, HTML and controls
// stands in it anyway. Cautious: what may be meant as it stands is left. Pure; from any thread.

#include "text/markup/writer.h"

namespace orpheus::text::markup {

// Writes all of the writer's input.
void write_plain(Writer& writer);

}  // namespace orpheus::text::markup
