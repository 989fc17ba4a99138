#pragma once
// One process at a time: a lock on a file that ends with whoever holds it, however he ends. One
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
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

}  // namespace orpheus::models
