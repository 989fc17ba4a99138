#include <algorithm>
#include <array>
#include <optional>
#include <random>
#include <system_error>

#include <fcntl.h>
#include <spdlog/fmt/fmt.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/atomic_file.h"
#include "config/user_token.h"

namespace orpheus::config {
namespace {

namespace fs = std::filesystem;

constexpr size_t kNumDigits = 32;

// Nothing unless only this user can write and read the file.
std::optional<std::string> kept_token(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0) return std::nullopt;
  struct stat status {};
  std::array<char, kNumDigits + 1> bytes{};
  ssize_t count = 0;
  if (::fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == ::geteuid() &&
      (status.st_mode & (S_IRWXG | S_IRWXO)) == 0)
    count = ::read(file, bytes.data(), bytes.size());
  ::close(file);
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (count != static_cast<ssize_t>(bytes.size()) || bytes.back() != '\n' ||
      !std::all_of(bytes.begin(), bytes.end() - 1, is_digit))
    return std::nullopt;
  return std::string(bytes.data(), kNumDigits);
}

std::string fresh_token() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

}  // namespace

fs::path user_token_path(const fs::path& data_folder) { return data_folder / "user-token"; }

Result<std::string> user_token(const fs::path& data_folder) {
  const fs::path path = user_token_path(data_folder);
  if (auto token = kept_token(path)) return *token;
  std::error_code error;
  fs::create_directories(data_folder, error);
  // A link there would redirect the token's file.
  if (fs::is_symlink(fs::symlink_status(path, error))) fs::remove(path, error);
  const std::string token = fresh_token();
  ORPHEUS_TRY(AtomicFile file, AtomicFile::create(path));
  ORPHEUS_CHECK(file.limit_rights(fs::perms::owner_read | fs::perms::owner_write));
  ORPHEUS_CHECK(file.write(token + "\n"));
  ORPHEUS_CHECK(file.commit());
  return token;
}

}  // namespace orpheus::config
