#pragma once
// A file's bytes, mapped read-only into memory. Immutable after open: may be read from any thread.
//
// Another program can cut the file or write to it while it is mapped. Reading a byte that the file
// no longer has ends the process with SIGBUS. If the mapping was opened with OnLoss::kZeros and the
// program has called survive_lost_bytes(), such a byte reads as zero, and check() reports it. A
// result computed from the bytes is valid only if a later check() succeeds.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "base/result.h"

namespace orpheus {

// The effect of reading bytes that the file no longer has.
enum class OnLoss {
  kEnd,    // ends the process
  kZeros,  // gives zeros, in a program that called survive_lost_bytes()
};

class MappedFile {
 public:
  // Errors: kNotFound (no such file), kBadFile (a directory, a FIFO, an empty file), kIo (cannot be
  // read or mapped).
  static Result<MappedFile> open(const std::filesystem::path& path, OnLoss on_loss = OnLoss::kEnd);

  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  // Page-aligned; valid as long as this object lives.
  std::span<const std::byte> bytes() const { return {static_cast<const std::byte*>(data_), size_}; }
  // Hints that these bytes will hardly be read again. Their whole pages leave this process's memory
  // until the next read.
  void release(std::span<const std::byte> bytes) const;
  const std::filesystem::path& path() const { return path_; }

  // Checks that the bytes are those that were mapped: the file has the same size, no byte was lost,
  // and, if its time of change differs, a sample of its bytes is the same. So `touch`, or writing
  // the same bytes again, is no change. Renaming another file over the path is none either. Errors:
  // kBadFile. Any thread.
  Result<void> check() const;

 private:
  MappedFile(std::filesystem::path path, void* data, size_t size_bytes);
  uint64_t sample() const;

  std::filesystem::path path_;
  void* data_ = nullptr;
  size_t size_ = 0;
  int descriptor_ = -1;  // of the mapped file, which may have lost its name
  // The last known time of change, and the sample at that time.
  mutable std::atomic<int64_t> changed_ns_ = 0;
  uint64_t sample_ = 0;
  int slot_ = -1;  // where the handler of SIGBUS finds it
};

// Handles SIGBUS from now on. A fault outside of mappings is passed to the former handler. Call
// it in main, before threads start. A library must not call it: signals belong to the host
// program.
void survive_lost_bytes();

}  // namespace orpheus
