#pragma once
// The tensors of a checkpoint that torch.save(model.state_dict()) wrote: a zip archive of a pickle,
// which describes the tensors, and their storages. The file stays mapped. Immutable after open: may
// be read from any thread.

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/mapped_file.h"
#include "base/result.h"
#include "convert/pickle.h"

namespace orpheus::convert {

// "[64, 1, 7]", in torch's order: slowest first.
std::string shape_to_string(std::span<const uint64_t> shape);

class Checkpoint {
 public:
  // Errors: those of MappedFile::open, ZipArchive::parse and read_state_dict; kUnsupported for the
  // format of torch before 1.6 and for big-endian storages.
  static Result<Checkpoint> open(const std::filesystem::path& path);
  // The bytes must outlive the checkpoint; messages begin with the name.
  static Result<Checkpoint> parse(std::span<const std::byte> bytes, const std::string& name);

  using Tensors = std::unordered_map<std::string_view, PickledTensor>;
  const Tensors& tensors() const { return tensors_; }
  const PickledTensor* find(std::string_view name) const;  // null when there is none

  // The values of a tensor in torch's order; strides are followed. Errors: kBadFile (no such
  // tensor, one that reaches beyond its storage, or values that are not finite), kUnsupported (not
  // a floating-point type).
  Result<std::vector<float>> floats(std::string_view name) const;

  // The beginning of messages.
  const std::string& name() const { return name_; }

 private:
  Checkpoint(std::string name, Tensors tensors,
             std::unordered_map<std::string_view, std::span<const std::byte>> storages);

  std::optional<MappedFile> file_;  // if open() was given a path
  std::string name_;
  Tensors tensors_;
  std::unordered_map<std::string_view, std::span<const std::byte>> storages_;  // by storage_key
};

}  // namespace orpheus::convert
