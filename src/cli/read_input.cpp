#include "cli/read_input.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

namespace orpheus::cli {

std::string name_of_input(const std::string& path) { return path == "-" ? "standard input" : path; }

Result<std::string> read_input(const std::string& path) {
  constexpr size_t kMaxBytes = 64U << 20U;
  struct Close {
    void operator()(std::FILE* file) const {
      if (file != stdin) std::fclose(file);
    }
  };
  const std::unique_ptr<std::FILE, Close> file(path == "-" ? stdin
                                                           : std::fopen(path.c_str(), "rb"));
  const std::string name = name_of_input(path);
  if (!file) {
    return fail({.kind = errno == ENOENT ? ErrorKind::kNotFound : ErrorKind::kIo,
                 .what = name + ": cannot be read: " + std::strerror(errno),
                 .remedy = "Check the path."});
  }
  std::error_code ignored;
  if (path != "-" && std::filesystem::is_directory(path, ignored)) {
    return fail({.kind = ErrorKind::kBadFile,
                 .what = name + ": not a file that can be read",
                 .expected = "a file",
                 .found = "a folder",
                 .remedy = "Name a file in it."});
  }
  std::string content;
  std::array<char, 65536> block{};
  while (const size_t count = std::fread(block.data(), 1, block.size(), file.get())) {
    content.append(block.data(), count);
    if (content.size() > kMaxBytes) {
      return fail(
          {.kind = ErrorKind::kLimit, .what = name + ": too long", .expected = "at most 64 MiB"});
    }
  }
  if (std::ferror(file.get()) != 0) {
    return fail(
        {.kind = ErrorKind::kIo, .what = name + ": reading failed: " + std::strerror(errno)});
  }
  return content;
}

}  // namespace orpheus::cli
