#pragma once
// Writes a GGUF file (version 3) that appears whole or not at all. Metadata and the tensor list
// come first, then the tensors' data in the order of declaration, so a file larger than memory can
// be streamed. One thread.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "base/atomic_file.h"
#include "base/result.h"
#include "tensor/gguf_file.h"

namespace orpheus::tensor {

class GgufWriter {
 public:
  GgufWriter();
  GgufWriter(GgufWriter&&) noexcept;
  GgufWriter& operator=(GgufWriter&&) noexcept;
  ~GgufWriter();

  // Copies all metadata of the open file at this path, except general.alignment and the keys of
  // split files: this writer aligns to 32 bytes and writes one file. Errors: kBadFile (the file has
  // changed since it was opened).
  Result<void> copy_metadata(const GgufFile& file, const std::filesystem::path& path);
  void set_u32(const std::string& key, uint32_t value);
  void set_f32(const std::string& key, float value);
  void set_bool(const std::string& key, bool value);
  void set_string(const std::string& key, const std::string& value);
  void set_u32s(const std::string& key, std::span<const uint32_t> values);
  void set_i32s(const std::string& key, std::span<const int32_t> values);
  void set_strings(const std::string& key, std::span<const std::string> values);
  // type is a ggml_type; the name is unique and has at most 63 bytes; the first dimension is a
  // multiple of the type's block size.
  void declare_tensor(const std::string& name, int type, const Shape& shape);

  // Creates the file and writes the metadata and the tensor list. Errors: those of
  // AtomicFile::create, kIo.
  Result<void> begin(const std::filesystem::path& path);
  // Writes data of the next declared tensor, in one call or several. Errors: kIo; kInternal (more
  // bytes than declared).
  Result<void> write(std::span<const std::byte> data);
  // Errors: kIo; kInternal (fewer bytes than declared).
  Result<void> commit();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace orpheus::tensor
