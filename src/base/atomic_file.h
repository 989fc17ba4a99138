#pragma once
// Writes a file that appears whole or not at all. Bytes go to a hidden file beside the path;
// commit() renames that file into place; destruction without commit() removes it. Threads: one at a
// time for each AtomicFile; several files may be written by several threads.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"

namespace orpheus {

class AtomicFile {
 public:
  // A path that is a link stands for the link's target. Errors: kNotFound (the folder does not
  // exist), kIo (it cannot be written to), kUsage (path names a folder, a device or a pipe).
  static Result<AtomicFile> create(const std::filesystem::path& path);

  AtomicFile(AtomicFile&&) noexcept = default;
  AtomicFile& operator=(AtomicFile&&) noexcept;
  ~AtomicFile();

  // Sets the file's permissions; the default follows from the process's umask. Errors: kIo.
  Result<void> limit_rights(std::filesystem::perms rights);
  // Errors: kIo (disk full, …).
  Result<void> write(std::span<const std::byte> bytes);
  Result<void> write(std::string_view text);
  // Overwrites earlier bytes, such as a header with sizes that are known only at the end.
  Result<void> write_at(uint64_t offset, std::span<const std::byte> bytes);
  // Flushes and renames into place. Errors: kIo. Afterwards this object is spent.
  Result<void> commit();

  const std::filesystem::path& path() const { return path_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  AtomicFile(std::filesystem::path path, std::filesystem::path temporary, int slot,
             std::FILE* file);
  Result<void> io_error(const char* action) const;
  void discard();

  std::filesystem::path path_;
  std::filesystem::path temporary_;
  int slot_ = -1;  // where remove_unfinished_files finds it
  std::unique_ptr<std::FILE, Close> file_;
};

// Removes every unfinished file of this process. Only calls what a signal handler may call.
void remove_unfinished_files() noexcept;

}  // namespace orpheus
