#pragma once
// A text to speak out of a file's bytes: UTF-8, with or without a byte order mark, and UTF-16 with
// one. Anything else is named, with the way to make text of it. For the main thread.

#include <string>
#include <string_view>

#include "base/result.h"

namespace orpheus::cli {

// The text of a file, or of standard input for "-", as UTF-8. Errors: those of read_input,
// kBadFile.
Result<std::string> read_text(const std::string& path);

// The same of bytes. name: of the file, for the error. Errors: kBadFile (another encoding, or no
// text: EPUB, PDF, …).
Result<std::string> text_of_bytes(std::string bytes, const std::string& name);

}  // namespace orpheus::cli
