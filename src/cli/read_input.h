#pragma once
// Reads a command's input. For the main thread, because standard input has one reader.

#include <string>

#include "base/result.h"

namespace orpheus::cli {

// Reads a whole file, or standard input for "-". Errors: kNotFound, kBadFile (a folder, a FIFO),
// kIo, kLimit (past 64 MiB).
Result<std::string> read_input(const std::string& path);

// The input's name in errors.
std::string name_of_input(const std::string& path);

}  // namespace orpheus::cli
