#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "models/file_lock.h"

namespace orpheus::models {

Result<FileLock> FileLock::take(const std::filesystem::path& path,
                                const std::function<bool()>& keep_waiting) {
  while (true) {
    FileLock lock(path);
    if (lock.try_once()) return lock;
    if (errno != EWOULDBLOCK && errno != EINTR) {
      return fail({.kind = ErrorKind::kIo,
                   .what = path.string() + ": cannot be locked: " + std::strerror(errno),
                   .remedy = "Set XDG_DATA_HOME to a writable folder."});
    }
    if (!keep_waiting()) return fail({.kind = ErrorKind::kCancelled, .what = "cancelled"});
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

FileLock::FileLock(const std::filesystem::path& path)
    : path_(path), descriptor_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {}

bool FileLock::try_once() {
  if (descriptor_ < 0 || ::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) return false;
  // Between opening and locking, the last holder may have removed the file. A removed file guards
  // nothing, and another process may have made a new one.
  struct stat ours {};
  struct stat there {};
  held_ = ::fstat(descriptor_, &ours) == 0 && ::stat(path_.c_str(), &there) == 0 &&
          ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
  if (!held_) errno = EINTR;
  return held_;
}

FileLock::FileLock(FileLock&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      held_(std::exchange(other.held_, false)) {}

FileLock::~FileLock() {
  if (held_) ::unlink(path_.c_str());  // while it is ours
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace orpheus::models
