#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/atomic_file.h"

namespace orpheus {
namespace {

// Names of the files in progress, for remove_unfinished_files: a signal handler cannot lock or
// allocate. Only the AtomicFile that took a slot writes the slot's path.
struct Slot {
  std::atomic<bool> used{false};
  std::atomic<bool> named{false};
  std::array<char, 4096> path{};
};
std::array<Slot, 32> unfinished;

constexpr int kNoSlot = -1;

// The slot that keeps the path; none if all slots are taken or the path is too long for a slot.
int remember(const std::string& path) {
  for (size_t i = 0; i < unfinished.size(); ++i) {
    Slot& slot = unfinished[i];
    if (path.size() >= slot.path.size()) return kNoSlot;
    if (bool expected = false; !slot.used.compare_exchange_strong(expected, true)) continue;
    std::memcpy(slot.path.data(), path.c_str(), path.size() + 1);
    slot.named.store(true, std::memory_order_release);
    return static_cast<int>(i);
  }
  return kNoSlot;
}

void forget(int index) {
  if (index == kNoSlot) return;
  Slot& slot = unfinished[static_cast<size_t>(index)];
  slot.named.store(false, std::memory_order_release);
  slot.used.store(false, std::memory_order_release);
}

// A free name beside the file. A killed process may have left a file of that name: process ids
// start again in each container. Then the next number is tried.
std::filesystem::path neighbour_of(const std::filesystem::path& path) {
  static std::atomic<unsigned> counter{0};
  std::filesystem::path neighbour = path;
  // The file's own name is not a part of it, because that name may already have the greatest
  // length.
  neighbour.replace_filename(".orpheus-" + std::to_string(::getpid()) + "-" +
                             std::to_string(counter.fetch_add(1)) + ".part");
  return neighbour;
}

// The file to replace: a link's target, so that the link remains a link.
Result<std::filesystem::path> place_of(const std::filesystem::path& path) {
  const auto unusable = [&](const char* found) {
    return fail({.kind = ErrorKind::kUsage,
                 .what = "'" + path.string() + "' cannot be written",
                 .expected = "the path of a regular file",
                 .found = found});
  };
  if (path.empty()) return unusable("an empty path");
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (std::filesystem::is_directory(status)) return unusable("a folder");
  if (!std::filesystem::exists(status)) return path;
  // Renaming over a device or a pipe would put a file in its place.
  if (!std::filesystem::is_regular_file(status)) return unusable("a device or a pipe");
  const auto target = std::filesystem::canonical(path, error);
  return error ? path : target;
}

}  // namespace

Result<AtomicFile> AtomicFile::create(const std::filesystem::path& path) {
  constexpr int kMaxTries = 1000;
  ORPHEUS_TRY(std::filesystem::path place, place_of(path));
  int reason = EEXIST;
  for (int i = 0; i < kMaxTries && reason == EEXIST; ++i) {
    std::filesystem::path temporary = neighbour_of(place);
    // The slot is taken before the file exists, because Ctrl-C may come in between.
    const int slot = remember(temporary.string());
    const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    std::FILE* file = descriptor < 0 ? nullptr : ::fdopen(descriptor, "wb");
    if (file != nullptr) return AtomicFile(std::move(place), std::move(temporary), slot, file);
    reason = errno;
    if (descriptor >= 0) {
      ::close(descriptor);
      ::unlink(temporary.c_str());
    }
    forget(slot);
  }
  return fail(
      {.kind = reason == ENOENT || reason == ENOTDIR ? ErrorKind::kNotFound : ErrorKind::kIo,
       .what = path.string() + ": cannot be written: " + std::strerror(reason),
       .remedy = reason == ENOENT ? "Create its folder first." : "Choose a writable path."});
}

AtomicFile::AtomicFile(std::filesystem::path path, std::filesystem::path temporary, int slot,
                       std::FILE* file)
    : path_(std::move(path)), temporary_(std::move(temporary)), slot_(slot), file_(file) {}

AtomicFile& AtomicFile::operator=(AtomicFile&& other) noexcept {
  discard();
  path_ = std::move(other.path_);
  temporary_ = std::move(other.temporary_);
  slot_ = other.slot_;
  file_ = std::move(other.file_);
  return *this;
}

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::discard() {
  if (!file_) return;
  file_.reset();
  ::unlink(temporary_.c_str());
  forget(slot_);
}

Result<void> AtomicFile::io_error(const char* action) const {
  return fail({.kind = ErrorKind::kIo,
               .what = path_.string() + ": " + action + " failed: " + std::strerror(errno),
               .remedy = errno == ENOSPC ? "Free some disk space." : ""});
}

Result<void> AtomicFile::limit_rights(std::filesystem::perms rights) {
  const auto mode = static_cast<mode_t>(rights & std::filesystem::perms::mask);
  if (::fchmod(::fileno(file_.get()), mode) != 0) return io_error("changing its permissions");
  return {};
}

Result<void> AtomicFile::write(std::span<const std::byte> bytes) {
  if (bytes.empty()) return {};  // fwrite must not be given a null address
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size())
    return io_error("writing");
  return {};
}

Result<void> AtomicFile::write(std::string_view text) {
  return write(std::as_bytes(std::span(text)));
}

Result<void> AtomicFile::write_at(uint64_t offset, std::span<const std::byte> bytes) {
  const auto end = ::ftello(file_.get());
  if (end < 0 || ::fseeko(file_.get(), static_cast<off_t>(offset), SEEK_SET) != 0)
    return io_error("seeking");
  ORPHEUS_CHECK(write(bytes));
  if (::fseeko(file_.get(), end, SEEK_SET) != 0) return io_error("seeking");
  return {};
}

Result<void> AtomicFile::commit() {
  if (std::fflush(file_.get()) != 0 || ::fsync(::fileno(file_.get())) != 0)
    return io_error("writing");
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) return io_error("renaming into place");
  file_.reset();
  forget(slot_);
  return {};
}

void remove_unfinished_files() noexcept {
  for (Slot& slot : unfinished) {
    if (slot.named.load(std::memory_order_acquire)) ::unlink(slot.path.data());
  }
}

}  // namespace orpheus
