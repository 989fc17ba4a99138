#pragma once
// A file's bytes, mapped read-only into memory. Immutable after open: may be read from any thread.

#include <cstddef>
#include <filesystem>
#include <span>

#include "base/result.h"

namespace orpheus {

class MappedFile {
 public:
  // Errors: kNotFound (no such file), kBadFile (a directory, an empty file), kIo (cannot be read or
  // mapped).
  static Result<MappedFile> open(const std::filesystem::path& path);

  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  // Page-aligned; valid as long as this object lives.
  std::span<const std::byte> bytes() const { return {static_cast<const std::byte*>(data_), size_}; }
  // These bytes will hardly be read again: their whole pages leave this process's memory until they
  // are.
  void release(std::span<const std::byte> bytes) const;
  const std::filesystem::path& path() const { return path_; }

 private:
  MappedFile(std::filesystem::path path, void* data, size_t size_bytes);

  std::filesystem::path path_;
  void* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace orpheus
