#include <spdlog/fmt/fmt.h>
#include <sys/stat.h>

#include "base/file_version.h"

namespace orpheus {

std::optional<std::string> version_of_file(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
#ifdef __APPLE__
  const timespec& written = status.st_mtimespec;
#else
  const timespec& written = status.st_mtim;
#endif
  return fmt::format("{}:{}:{}:{}.{:09}", status.st_dev, status.st_ino, status.st_size,
                     written.tv_sec, written.tv_nsec);
}

}  // namespace orpheus
