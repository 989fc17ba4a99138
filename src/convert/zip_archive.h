#pragma once
// The entries of a zip archive such as torch.save writes: uncompressed, with zip64 for large sizes.
// Every offset and length is checked against the file. Immutable after parse.
//
// Checksums are not compared, because newer versions of torch can write something else there.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"

namespace orpheus::convert {

class ZipArchive {
 public:
  // The bytes must outlive the archive; messages begin with the name. Errors: kBadFile (not a whole
  // zip archive), kUnsupported (a compressed or encrypted entry).
  static Result<ZipArchive> parse(std::span<const std::byte> bytes, const std::string& name);

  using Entries = std::unordered_map<std::string_view, std::span<const std::byte>>;
  const Entries& entries() const { return entries_; }

 private:
  explicit ZipArchive(Entries entries) : entries_(std::move(entries)) {}

  Entries entries_;
};

}  // namespace orpheus::convert
