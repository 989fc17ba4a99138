#include <cerrno>
#include <system_error>
#include <vector>

#include <pwd.h>
#include <unistd.h>

#include "base/user.h"

namespace orpheus {

std::optional<std::filesystem::path> listed_home() {
  constexpr size_t kMostBytes = size_t{1} << 20U;
  struct passwd entry {};
  struct passwd* found = nullptr;
  std::vector<char> text(1024);
  int failed = 0;
  while ((failed = ::getpwuid_r(::geteuid(), &entry, text.data(), text.size(), &found)) == ERANGE &&
         text.size() < kMostBytes)
    text.resize(text.size() * 2);
  if (failed != 0 || found == nullptr || found->pw_dir == nullptr) return std::nullopt;
  std::filesystem::path home = found->pw_dir;
  std::error_code none;
  if (!home.is_absolute() || !std::filesystem::is_directory(home, none)) return std::nullopt;
  return home;
}

std::string name_with_user(const std::string& name) {
  return name + "-" + std::to_string(::geteuid());
}

}  // namespace orpheus
