#include "cli/read_input.h"

#include <cstdio>

#include "base/regular_file.h"

namespace orpheus::cli {

std::string name_of_input(const std::string& path) { return path == "-" ? "standard input" : path; }

Result<std::string> read_input(const std::string& path) {
  constexpr size_t kMaxBytes = 64U << 20U;
  OpenFile file;
  if (path != "-") {
    ORPHEUS_TRY(file, open_input(path));
  }
  const std::string name = name_of_input(path);
  ORPHEUS_TRY(std::string content, read_all(file ? file.get() : stdin, kMaxBytes, name));
  if (content.size() <= kMaxBytes) return content;
  return fail(
      {.kind = ErrorKind::kLimit, .what = name + ": too long", .expected = "at most 64 MiB"});
}

}  // namespace orpheus::cli
