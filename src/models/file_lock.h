#pragma once
// A lock that one process at a time can hold. It ends with that process, even if the process is
// killed. Releasing the lock removes its file. After a kill the file remains, but does not lock.
// One thread.

#include <filesystem>
#include <functional>

#include "base/result.h"

namespace orpheus::models {

class FileLock {
 public:
  // Makes the file if there is none. While another process holds the lock, keep_waiting is called
  // ten times a second. Errors: kIo, kCancelled (keep_waiting returned false).
  static Result<FileLock> take(const std::filesystem::path& path,
                               const std::function<bool()>& keep_waiting);

  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(const std::filesystem::path& path);
  bool try_once();  // errno says why not

  std::filesystem::path path_;
  int descriptor_;
  bool held_ = false;
};

}  // namespace orpheus::models
