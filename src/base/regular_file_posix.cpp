#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/regular_file.h"

namespace orpheus {
namespace {

// Opening the name of an open descriptor does not wait: the pipe's other end was opened before.
bool is_open_already(const std::filesystem::path& path) {
  const std::string name = path.string();
  return name == "/dev/stdin" || name.starts_with("/dev/fd/") || name.starts_with("/proc/self/fd/");
}

template <typename Accepts>
Result<OpenFile> open_if(const std::filesystem::path& path, const Accepts& accepts) {
  const std::string name = path.string();
  // Without O_NONBLOCK, opening a FIFO waits for its writer.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor < 0) {
    const bool missing = errno == ENOENT || errno == ENOTDIR;
    return fail({.kind = missing ? ErrorKind::kNotFound : ErrorKind::kIo,
                 .what = name + ": cannot be read: " + std::strerror(errno),
                 .remedy = missing ? "Check the path." : "Check the file's permissions."});
  }
  struct stat status {};
  if (::fstat(descriptor, &status) != 0 || !accepts(status.st_mode)) {
    ::close(descriptor);
    return fail(
        {.kind = ErrorKind::kBadFile,
         .what = name + ": not a readable file",
         .expected = "a regular file",
         .found = std::string(name_of_file_type(status.st_mode)),
         .remedy = S_ISDIR(status.st_mode) ? "Give the path of a file in this folder." : ""});
  }
  const int flags = ::fcntl(descriptor, F_GETFL);
  OpenFile file(flags < 0 || ::fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK) < 0
                    ? nullptr
                    : ::fdopen(descriptor, "rb"));
  if (file) return file;
  const int reason = errno;
  ::close(descriptor);
  return fail(
      {.kind = ErrorKind::kIo, .what = name + ": cannot be read: " + std::strerror(reason)});
}

}  // namespace

std::string_view name_of_file_type(mode_t mode) {
  if (S_ISREG(mode)) return "a file";
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  if (S_ISLNK(mode)) return "a link";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
  return "something else";
}

Result<OpenFile> open_regular_file(const std::filesystem::path& path) {
  return open_if(path, [](mode_t mode) { return S_ISREG(mode); });
}

Result<OpenFile> open_input(const std::filesystem::path& path) {
  return open_if(path, [&](mode_t mode) {
    return S_ISREG(mode) || S_ISCHR(mode) || (S_ISFIFO(mode) && is_open_already(path));
  });
}

Result<std::string> read_all(std::FILE* file, size_t max_bytes, const std::filesystem::path& path) {
  std::string content;
  std::array<char, 65536> block{};
  while (content.size() <= max_bytes) {
    const size_t wanted = std::min(block.size(), max_bytes + 1 - content.size());
    const size_t count = std::fread(block.data(), 1, wanted, file);
    if (count == 0) break;
    content.append(block.data(), count);
  }
  if (std::ferror(file) == 0) return content;
  return fail({.kind = ErrorKind::kIo,
               .what = path.string() + ": reading failed: " + std::strerror(errno)});
}

}  // namespace orpheus
