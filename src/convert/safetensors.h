#pragma once
// The tensors of a Hugging Face checkpoint: one file, or the parts that an index names. Files stay
// mapped. Every length and offset is checked against the file, so any bytes give a value or an
// error. Immutable after open: may be read from any thread.
//
// A file is the header's length (u64, little-endian), the header (JSON: name to dtype, shape and
// data_offsets from the header's end), and the data.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/mapped_file.h"
#include "base/result.h"

namespace orpheus::convert {

struct SafeTensor {
  std::string dtype;            // "BF16", "F32", …
  std::vector<uint64_t> shape;  // torch's order: slowest first
  std::span<const std::byte> data;
  size_t file = 0;  // which of the checkpoint's files
};

using SafeTensors = std::map<std::string, SafeTensor, std::less<>>;

// The tensors of one file, whose bytes must outlive them; messages begin with the name. Errors:
// kBadFile.
Result<SafeTensors> parse_safetensors(std::span<const std::byte> bytes, const std::string& name);

// The files in an index (model.safetensors.index.json), each once. Errors: kBadFile (no JSON, no
// weight_map, names that lead out of the folder).
Result<std::vector<std::string>> parse_safetensors_index(std::string_view json,
                                                         const std::string& name);

class SafetensorsFolder {
 public:
  // Opens model.safetensors.index.json with its parts, or else model.safetensors. Errors: kNotFound
  // (neither exists, or a part is missing), kBadFile (also: one name in two files), kIo.
  static Result<SafetensorsFolder> open(const std::filesystem::path& folder);

  const SafeTensors& tensors() const { return tensors_; }
  // The name of the file that contains a tensor.
  const std::string& file_of(const SafeTensor& tensor) const { return names_[tensor.file]; }
  // Hints that a tensor's data will hardly be read again.
  void release(std::span<const std::byte> data) const;

 private:
  Result<void> add(const std::filesystem::path& path);

  std::vector<MappedFile> files_;
  std::vector<std::string> names_;
  SafeTensors tensors_;
};

}  // namespace orpheus::convert
