#pragma once
// HTML, by libxml2's parser: pages and fragments, however broken. Pure; from any thread.

#include "text/markup/writer.h"

namespace orpheus::text::markup {

// Writes all of the writer's input.
void write_html(Writer& writer);

}  // namespace orpheus::text::markup
