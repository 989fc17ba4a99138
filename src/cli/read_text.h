#pragma once
// Reads the text to speak from a file: UTF-8, or UTF-16 with a byte order mark. The error for any
// other file names its kind and a command that extracts its text. For the main thread.

#include <string>
#include <string_view>

#include "base/result.h"

namespace orpheus::cli {

// The text of a file, or of standard input for "-", as UTF-8. Errors: those of read_input,
// kBadFile.
Result<std::string> read_text(const std::string& path);

// The text of a file's bytes. name: the file's name, for the error. Errors: kBadFile (another
// encoding, or not a text: EPUB, PDF, …).
Result<std::string> text_of_bytes(std::string bytes, const std::string& name);

}  // namespace orpheus::cli
