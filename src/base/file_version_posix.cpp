#include <spdlog/fmt/fmt.h>
#include <sys/stat.h>

#include "base/file_version.h"

namespace orpheus {

std::optional<std::string> version_of_file(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return fmt::format("{}:{}:{}:{}", status.st_dev, status.st_ino, status.st_size, status.st_mtime);
}

}  // namespace orpheus
