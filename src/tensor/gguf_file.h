#pragma once
// Reads a GGUF, version 2 or 3: metadata and the data of each tensor. The file stays mapped;
// strings and tensor data are views into it. Every length, count and offset is checked, so any
// bytes give a value or an error. Immutable after open: may be read from any thread.
//
// Shapes, here and wherever tensors are named, are in ggml's order: fastest-varying dimension
// first. A weight written [in, out] is `out` rows of `in` values.

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/mapped_file.h"
#include "base/result.h"

namespace orpheus::tensor {

using Shape = std::array<int64_t, 4>;  // unused dimensions are 1

// "[256, 768]", without trailing ones.
std::string to_string(const Shape& shape);

struct GgufTensor {
  std::string_view name;
  int type = 0;  // a ggml_type
  Shape shape{1, 1, 1, 1};
  std::span<const std::byte> data;  // in the mapped file
};

// Metadata with wide types: every integer type is an int64 or uint64, both float types a double.
using GgufValue = std::variant<uint64_t, int64_t, double, bool, std::string_view,
                               std::vector<uint64_t>, std::vector<int64_t>, std::vector<double>,
                               std::vector<bool>, std::vector<std::string_view>>;

class GgufFile {
 public:
  // Errors: those of MappedFile::open; kBadFile for anything but a complete, valid GGUF;
  // kUnsupported for a tensor type that ggml does not know.
  static Result<GgufFile> open(const std::filesystem::path& path);

  // The file's name without its folder, for messages.
  const std::string& name() const { return name_; }
  const std::filesystem::path& path() const { return file_.path(); }

  bool has(std::string_view key) const { return values_.contains(key); }
  // Errors: kBadFile when the key is missing, of another type or out of the type's range.
  Result<uint32_t> u32(std::string_view key) const;
  Result<float> f32(std::string_view key) const;
  Result<bool> boolean(std::string_view key) const;
  Result<std::string_view> string(std::string_view key) const;
  Result<std::span<const std::string_view>> strings(std::string_view key) const;
  Result<std::vector<int32_t>> i32s(std::string_view key) const;

  std::span<const GgufTensor> tensors() const { return tensors_; }
  const GgufTensor* find_tensor(std::string_view name) const;  // null when there is none
  // Errors: kBadFile (missing, or of another shape).
  Result<const GgufTensor*> demand_tensor(const std::string& name, const Shape& shape) const;
  // Values of a float32 tensor, all finite. Errors: kBadFile (missing, of another shape or type, a
  // value that is not a number).
  Result<std::span<const float>> f32_tensor(const std::string& name, const Shape& shape) const;
  std::span<const std::byte> bytes() const { return file_.bytes(); }
  // Checks that the file is as it was when it was opened. A result computed from its bytes is valid
  // only if a later check succeeds. Errors: kBadFile.
  Result<void> check() const { return file_.check(); }
  void release(std::span<const std::byte> bytes) const { file_.release(bytes); }

 private:
  friend class GgufParser;
  explicit GgufFile(MappedFile file);
  template <typename T>
  Result<const T*> value(std::string_view key, std::string_view type_name) const;

  MappedFile file_;
  std::string name_;
  std::unordered_map<std::string_view, GgufValue> values_;
  std::vector<GgufTensor> tensors_;
  std::unordered_map<std::string_view, size_t> tensor_index_;
};

}  // namespace orpheus::tensor
