#include <cerrno>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/private_folder.h"
#include "base/regular_file.h"

namespace orpheus {
namespace {

// Checks that the folder is this user's alone, and removes the rights of others. The error says why
// it cannot be.
std::string objection_to(int folder, const struct stat& status) {
  if (status.st_uid != ::geteuid())
    return "a folder owned by user id " + std::to_string(status.st_uid);
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) return "a folder that other users may write to";
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0 && ::fchmod(folder, S_IRWXU) != 0)
    return std::string("permissions that cannot be changed: ") + std::strerror(errno);
  return "";
}

}  // namespace

Result<void> make_private_folder(const std::filesystem::path& path) {
  constexpr const char* kRemedy =
      "Set HOME or XDG_DATA_HOME to a folder that you own, or remove this one.";
  if (::mkdir(path.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
    return fail({.kind = ErrorKind::kIo,
                 .what = path.string() + ": cannot be created: " + std::strerror(errno),
                 .remedy = kRemedy});
  }
  struct stat status {};
  const int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  std::string found;
  if (folder < 0) {
    found = ::lstat(path.c_str(), &status) == 0 && !S_ISDIR(status.st_mode)
                ? std::string(name_of_file_type(status.st_mode))
                : "a folder that cannot be opened";
  } else {
    if (::fstat(folder, &status) == 0) found = objection_to(folder, status);
    ::close(folder);
  }
  if (found.empty()) return {};
  return fail(
      {.kind = ErrorKind::kIo,
       .what = path.string() + ": not a private folder, so the program stores nothing in it",
       .expected = "a folder owned by this user, with permissions 0700",
       .found = found,
       .remedy = kRemedy});
}

}  // namespace orpheus
