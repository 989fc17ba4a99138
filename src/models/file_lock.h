#pragma once
// One process at a time: a lock on a file that ends with whoever holds it, however he ends. The
// file goes with the lock; only one whose holder was killed stays, and locks nobody out. One
// thread.

#include <filesystem>
#include <functional>

#include "base/result.h"

namespace orpheus::models {

class FileLock {
 public:
  // Makes the file where there is none. While another holds it, keep_waiting is asked ten times a
  // second. Errors: kIo, kCancelled (keep_waiting said no).
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
