#pragma once
// Reads the pickle of a torch state dict: an ordered dict from names to tensors. This is not a
// general unpickler. It knows the opcodes and the few names that torch.save writes for such a dict,
// gives each a fixed meaning, and refuses everything else by name. It cannot call anything. A pure
// function.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orpheus::convert {

enum class ElementType { kFloat32, kFloat64, kFloat16, kBFloat16, kOther };

// A tensor as the pickle describes it; not yet checked against its storage.
struct PickledTensor {
  std::string_view storage_key;    // its bytes are the archive's entry data/<key>
  std::string_view storage_class;  // "FloatStorage"
  ElementType type = ElementType::kOther;
  uint64_t storage_elements = 0;
  uint64_t offset = 0;            // elements before the first one
  std::vector<uint64_t> shape;    // torch's order: slowest first
  std::vector<uint64_t> strides;  // in elements, one per dimension
};

struct NamedTensor {
  std::string_view name;
  PickledTensor tensor;
};

// Strings are views into the pickle; messages begin with the name. Entries that are not tensors are
// ignored. Errors: kBadFile (damaged), kUnsupported (a name or opcode that no state dict needs,
// another pickle protocol), kLimit (larger than any state dict).
Result<std::vector<NamedTensor>> read_state_dict(std::span<const std::byte> pickle,
                                                 const std::string& name);

}  // namespace orpheus::convert
