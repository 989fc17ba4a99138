#pragma once
// The downloaded bytes of an unfinished download and the version of the remote file, kept between
// runs of the program. One thread, which must hold the download's lock.

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace orpheus::models {

class PartFile {
 public:
  // Opens FILE.part and FILE.part.tag, or makes them. Errors: kIo.
  static Result<PartFile> open(const std::filesystem::path& file);

  uint64_t size() const { return size_; }
  const std::string& tag() const { return tag_; }  // empty: of no known version

  // Errors: kIo (kLimit: the disk is full).
  Result<void> append(std::string_view bytes);
  // Drops the bytes and starts again with the tag of a version.
  Result<void> restart(const std::string& tag);
  // Flushes to the disk. Call after the last write.
  Result<void> finish();
  // Renames the part to FILE. Errors: kIo.
  Result<void> install();
  // Removes the part and its tag.
  void discard();

  const std::filesystem::path& path() const { return path_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const;
  };
  PartFile(std::filesystem::path file, std::filesystem::path path);
  tl::unexpected<Error> io_error(const char* action) const;

  std::filesystem::path file_;
  std::filesystem::path path_;
  std::unique_ptr<std::FILE, Close> out_;
  std::string tag_;
  uint64_t size_ = 0;
};

}  // namespace orpheus::models
