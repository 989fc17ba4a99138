#pragma once
// SSML 1.1, the part that docs/voices.md lists, by libxml2's XML parser. Pure; from any thread.

#include "base/result.h"
#include "text/markup/writer.h"

namespace orpheus::text::markup {

// Writes all of the writer's input. Errors: kUsage (not well-formed; the line is named).
Result<void> write_ssml(Writer& writer);

}  // namespace orpheus::text::markup
