#pragma once
// Files that are read from their beginning to their end. Opening one never waits: a FIFO without a
// writer is an error and not a program that hangs. Safe from every thread.

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

// The same for texts that a person names: a device is taken too, and so is a pipe that this process
// has open already (/dev/stdin, /dev/fd/N: a shell's <(COMMAND)).
Result<OpenFile> open_input(const std::filesystem::path& path);

// The bytes of an open file, at most max_bytes of them: a longer file gives max_bytes + 1, and the
// caller refuses it. Errors: kIo. path names the file in the error.
Result<std::string> read_all(std::FILE* file, size_t max_bytes, const std::filesystem::path& path);

}  // namespace orpheus
