#pragma once
// Writes a GGUF (version 3) that appears whole or not at all: metadata and tensor list first, then
// the tensors' data in the order in which they were declared, so a file larger than memory can be
// streamed. One thread.

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

  // All metadata of a file that is open and lies at this path, but for general.alignment and what
  // says that a file is one of several: this writer aligns by 32 and writes one file. Errors:
  // kBadFile (the file has changed since it was opened).
  Result<void> copy_metadata(const GgufFile& file, const std::filesystem::path& path);
  void set_u32(const std::string& key, uint32_t value);
  void set_f32(const std::string& key, float value);
  void set_bool(const std::string& key, bool value);
  void set_string(const std::string& key, const std::string& value);
  void set_u32s(const std::string& key, std::span<const uint32_t> values);
  void set_i32s(const std::string& key, std::span<const int32_t> values);
  void set_strings(const std::string& key, std::span<const std::string> values);
  // type is a ggml_type; the name has at most 63 bytes and is no other tensor's; the first
  // dimension is whole blocks of the type.
  void declare_tensor(const std::string& name, int type, const Shape& shape);

  // Creates the file and writes all that was set and declared. Errors: those of AtomicFile::create,
  // kIo.
  Result<void> begin(const std::filesystem::path& path);
  // Data of the next declared tensor, in one call or in several. Errors: kIo; kInternal for more
  // than was declared.
  Result<void> write(std::span<const std::byte> data);
  // Errors: kIo; kInternal for less data than was declared.
  Result<void> commit();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace orpheus::tensor
