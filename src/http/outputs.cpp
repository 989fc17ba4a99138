#include "http/outputs.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <random>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <spdlog/fmt/fmt.h>
#include <sys/stat.h>
#include <unistd.h>

namespace orpheus::http {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "speech-";
constexpr std::string_view kEnding = ".wav";
constexpr size_t kNumDigits = 32;
constexpr size_t kMaxFiles = 100;
constexpr int64_t kMaxBytes = int64_t{1} << 30;
constexpr std::chrono::hours kMaxAge{24};
// AtomicFile's names of unfinished files.
constexpr std::string_view kUnfinishedPrefix = ".orpheus-";
constexpr std::string_view kUnfinishedEnding = ".part";

struct Entry {
  fs::path path;
  int64_t time_s = 0;  // of the last write, since 1970
  int64_t num_bytes = 0;
};

int64_t oldest_time_s() {
  constexpr int64_t kMaxAgeS = std::chrono::seconds(kMaxAge).count();
  return static_cast<int64_t>(std::time(nullptr)) - kMaxAgeS;
}

// The number of the process that writes AtomicFile's ".orpheus-123-4.part"; 0 for other names.
pid_t writer_of(std::string_view name) {
  if (!name.starts_with(kUnfinishedPrefix) || !name.ends_with(kUnfinishedEnding)) return 0;
  name.remove_prefix(kUnfinishedPrefix.size());
  pid_t writer = 0;
  std::from_chars(name.data(), name.data() + name.size(), writer);
  return writer;
}

// When a server starts, this process has no unfinished files.
bool is_left_by_another(pid_t writer) {
  return writer == ::getpid() || (::kill(writer, 0) != 0 && errno == ESRCH);
}

}  // namespace

std::string Outputs::fresh_name() {
  std::random_device random;
  return fmt::format("{}{:08x}{:08x}{:08x}{:08x}{}", kPrefix, random(), random(), random(),
                     random(), kEnding);
}

bool Outputs::is_name(std::string_view name) {
  if (name.size() != kPrefix.size() + kNumDigits + kEnding.size()) return false;
  const std::string_view digits = name.substr(kPrefix.size(), kNumDigits);
  return name.starts_with(kPrefix) && name.ends_with(kEnding) &&
         std::all_of(digits.begin(), digits.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Result<AtomicFile> Outputs::create(std::string_view name) const {
  std::error_code error;
  if (fs::create_directories(folder_, error)) {
    fs::permissions(folder_, fs::perms::owner_all, error);
  }
  if (error) {
    return fail({.kind = ErrorKind::kIo,
                 .what = "the folder for sound files cannot be created: " + error.message(),
                 .remedy = "Set ORPHEUS_OUTPUTS to another folder."});
  }
  ORPHEUS_TRY(AtomicFile file, AtomicFile::create(folder_ / name));
  ORPHEUS_CHECK(file.limit_rights(fs::perms::owner_read | fs::perms::owner_write));
  return file;
}

Result<Outputs::Kept> Outputs::open(std::string_view name) const {
  const auto none = [] {
    return fail({.kind = ErrorKind::kNotFound, .what = "there is no such file"});
  };
  if (!is_name(name)) return none();
  // Opening a pipe would wait for its writer; a link may lead anywhere.
  const int descriptor =
      ::open((folder_ / name).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (descriptor < 0) return none();
  struct stat status {};
  const bool is_kept = ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) &&
                       status.st_mtime >= oldest_time_s();
  OpenFile file(is_kept ? ::fdopen(descriptor, "rb") : nullptr);
  if (!file) {
    ::close(descriptor);
    return none();
  }
  return Kept{.file = std::move(file), .num_bytes = static_cast<uint64_t>(status.st_size)};
}

void Outputs::prune() const { prune(Unfinished::kCount); }

void Outputs::clean_up() const { prune(Unfinished::kRemove); }

void Outputs::prune(Unfinished unfinished) const {
  const std::lock_guard lock(mutex_);
  const int64_t oldest = oldest_time_s();
  std::error_code error;
  std::vector<Entry> files;
  int64_t num_bytes = 0;
  size_t num_files = 0;
  for (fs::directory_iterator entry(folder_, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    const pid_t writer = writer_of(name);
    struct stat status {};
    if (!is_name(name) && writer == 0) continue;
    if (::lstat(entry->path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    const bool is_left =
        writer != 0 && unfinished == Unfinished::kRemove && is_left_by_another(writer);
    if (is_left || status.st_mtime < oldest) {
      ::unlink(entry->path().c_str());
    } else if (writer != 0) {
      ++num_files;
      num_bytes += status.st_size;
    } else {
      files.push_back({entry->path(), status.st_mtime, status.st_size});
    }
  }
  std::sort(files.begin(), files.end(),
            [](const Entry& a, const Entry& b) { return a.time_s > b.time_s; });
  for (const Entry& file : files) {
    ++num_files;
    num_bytes += file.num_bytes;
    if (num_files > kMaxFiles || num_bytes > kMaxBytes) ::unlink(file.path.c_str());
  }
}

}  // namespace orpheus::http
