#include "models/file_lock.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace orpheus::models {

Result<FileLock> FileLock::take(const std::filesystem::path& path,
                                const std::function<bool()>& keep_waiting) {
  FileLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  const auto failed = [&] {
    return fail({.kind = ErrorKind::kIo,
                 .what = path.string() + ": cannot be locked: " + std::strerror(errno),
                 .remedy = "Choose a place that can be written to."});
  };
  if (lock.descriptor_ < 0) return failed();
  while (::flock(lock.descriptor_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return failed();
    if (!keep_waiting()) return fail({.kind = ErrorKind::kCancelled, .what = "cancelled"});
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return lock;
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace orpheus::models
