#pragma once
// A lock for one process at a time. The lock ends with the process that holds it, even if that
// process is killed. Releasing the lock removes its file; the file of a killed holder stays and
// locks out nobody. One thread.

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
