#pragma once
// Opens files that are read from beginning to end. Opening never waits: a FIFO without a writer is
// an error at once. Safe from every thread.

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "base/result.h"

namespace orpheus {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using OpenFile = std::unique_ptr<std::FILE, CloseFile>;

// "a file", "a folder", "a pipe", … of struct stat's st_mode.
std::string_view name_of_file_type(mode_t mode);

// Errors: kNotFound, kIo (it cannot be opened), kBadFile (a folder, a pipe, a socket, a device).
Result<OpenFile> open_regular_file(const std::filesystem::path& path);

// The same for text inputs that a user names. It also accepts a device, and a pipe that this
// process already has open (/dev/stdin; /dev/fd/N, as in a shell's <(COMMAND)).
Result<OpenFile> open_input(const std::filesystem::path& path);

// Reads an open file. From a file longer than max_bytes it reads max_bytes + 1 bytes, so the caller
// can tell and refuse it. Errors: kIo. path names the file in the error.
Result<std::string> read_all(std::FILE* file, size_t max_bytes, const std::filesystem::path& path);

}  // namespace orpheus
