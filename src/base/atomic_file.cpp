#include "base/atomic_file.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace orpheus {
namespace {

// Names of the files in progress, for remove_unfinished_files: a signal handler can neither lock
// nor allocate.
struct Slot {
  std::atomic<bool> used{false};
  std::atomic<bool> named{false};
  std::array<char, 4096> path{};
};
std::array<Slot, 32> unfinished;

void remember(const std::string& path) {
  for (Slot& slot : unfinished) {
    if (path.size() >= slot.path.size()) return;
    if (bool expected = false; !slot.used.compare_exchange_strong(expected, true)) continue;
    std::memcpy(slot.path.data(), path.c_str(), path.size() + 1);
    slot.named.store(true, std::memory_order_release);
    return;
  }
}

void forget(const std::string& path) {
  for (Slot& slot : unfinished) {
    if (!slot.named.load(std::memory_order_acquire) || path != slot.path.data()) continue;
    slot.named.store(false, std::memory_order_release);
    slot.used.store(false, std::memory_order_release);
    return;
  }
}

}  // namespace

Result<AtomicFile> AtomicFile::create(const std::filesystem::path& path) {
  std::error_code ignored;
  if (path.empty() || std::filesystem::is_directory(path, ignored)) {
    return fail({.kind = ErrorKind::kUsage,
                 .what = "'" + path.string() + "' cannot be written",
                 .expected = "the path of a file",
                 .found = path.empty() ? "an empty path" : "a folder"});
  }
  static std::atomic<unsigned> counter{0};
  std::filesystem::path temporary = path;
  temporary.replace_filename("." + path.filename().string() + "." + std::to_string(::getpid()) +
                             "-" + std::to_string(counter.fetch_add(1)) + ".part");
  remember(temporary.string());  // before it is there: Ctrl-C may come in between
  const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  std::FILE* file = descriptor < 0 ? nullptr : ::fdopen(descriptor, "wb");
  if (file == nullptr) {
    const int reason = errno;
    if (descriptor >= 0) ::close(descriptor);
    forget(temporary.string());
    return fail(
        {.kind = reason == ENOENT || reason == ENOTDIR ? ErrorKind::kNotFound : ErrorKind::kIo,
         .what = path.string() + ": cannot be written: " + std::strerror(reason),
         .remedy = reason == ENOENT ? "Make its folder first."
                                    : "Choose a place that can be written to."});
  }
  return AtomicFile(path, std::move(temporary), file);
}

AtomicFile::AtomicFile(std::filesystem::path path, std::filesystem::path temporary, std::FILE* file)
    : path_(std::move(path)), temporary_(std::move(temporary)), file_(file) {}

AtomicFile& AtomicFile::operator=(AtomicFile&& other) noexcept {
  discard();
  path_ = std::move(other.path_);
  temporary_ = std::move(other.temporary_);
  file_ = std::move(other.file_);
  return *this;
}

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::discard() {
  if (!file_) return;
  file_.reset();
  ::unlink(temporary_.c_str());
  forget(temporary_.string());
}

Result<void> AtomicFile::io_error(const char* action) const {
  return fail({.kind = ErrorKind::kIo,
               .what = path_.string() + ": " + action + " failed: " + std::strerror(errno),
               .remedy = errno == ENOSPC ? "Free some disk space." : ""});
}

Result<void> AtomicFile::write(std::span<const std::byte> bytes) {
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
  forget(temporary_.string());
  return {};
}

void remove_unfinished_files() noexcept {
  for (Slot& slot : unfinished) {
    if (slot.named.load(std::memory_order_acquire)) ::unlink(slot.path.data());
  }
}

}  // namespace orpheus
