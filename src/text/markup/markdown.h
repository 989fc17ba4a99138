#pragma once
// Markdown (CommonMark with GitHub's tables, strikethrough and task lists, by cmark-gfm). Pure;
// from any thread.

#include "text/markup/writer.h"

namespace orpheus::text::markup {

// Writes all of the writer's input: a paragraph, heading, item or row is an utterance of its own.
void write_markdown(Writer& writer);

}  // namespace orpheus::text::markup
