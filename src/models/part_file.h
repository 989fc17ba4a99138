#pragma once
// The bytes of a download so far, kept from one run of the program to the next, and the version of
// the file that they are of. One thread; whoever uses it holds the download's lock.

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
  // FILE.part and FILE.part.tag; made where there are none. Errors: kIo.
  static Result<PartFile> open(const std::filesystem::path& file);

  uint64_t size() const { return size_; }
  const std::string& tag() const { return tag_; }  // empty: of no known version

  // Errors: kIo (kLimit: the disk is full).
  Result<void> append(std::string_view bytes);
  // Begins anew with a version's tag.
  Result<void> restart(const std::string& tag);
  // Everything is on the disk; nothing more is written.
  Result<void> finish();
  // Puts it in its place. Errors: kIo.
  Result<void> install();
  // Removes what is there of it.
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
