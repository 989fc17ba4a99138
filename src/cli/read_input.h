#pragma once
// Text and bytes that a command reads. For the main thread: standard input is read by one.

#include <string>

#include "base/result.h"

namespace orpheus::cli {

// The whole of a file, or of standard input for "-". Errors: kNotFound, kBadFile (a folder, a
// FIFO), kIo, kLimit (past 64 MiB).
Result<std::string> read_input(const std::string& path);

// What to call it in an error.
std::string name_of_input(const std::string& path);

}  // namespace orpheus::cli
