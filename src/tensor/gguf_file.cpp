#include "tensor/gguf_file.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include <ggml.h>

#include "base/utf8.h"

namespace orpheus::tensor {
namespace {

// GGUF's metadata types, as the format's specification numbers them.
enum class ValueType : uint32_t {
  kU8 = 0,
  kI8 = 1,
  kU16 = 2,
  kI16 = 3,
  kU32 = 4,
  kI32 = 5,
  kF32 = 6,
  kBool = 7,
  kString = 8,
  kArray = 9,
  kU64 = 10,
  kI64 = 11,
  kF64 = 12,
};

constexpr uint32_t kMagic = 0x46554747;  // "GGUF", little-endian
constexpr uint64_t kDefaultAlignment = 32;
constexpr uint32_t kMinAlignment = 8;  // as the specification requires
constexpr uint32_t kMaxAlignment = 1U << 20U;
constexpr uint64_t kMaxNameBytes = 63;  // ggml's limit for a tensor's name
constexpr int64_t kMaxElements = int64_t{1} << 40;
// A vocabulary has fewer than a million entries. An array in memory takes up to eight times its
// bytes in the file.
constexpr uint64_t kMaxArrayEntries = uint64_t{1} << 24U;

static_assert(std::endian::native == std::endian::little,
              "GGUF files are read in place: little-endian hosts only");

}  // namespace

// Walks the file once, front to back. Every read is checked against the remaining bytes.
class GgufParser {
 public:
  explicit GgufParser(GgufFile& file) : file_(file), bytes_(file.file_.bytes()) {}

  Result<void> parse() {
    ORPHEUS_TRY(const uint32_t magic, number<uint32_t>("the magic number"));
    if (magic != kMagic) {
      return fail({.kind = ErrorKind::kBadFile,
                   .what = file_.name_ + ": not a GGUF file",
                   .expected = "a file that begins with 'GGUF'",
                   .found = printable_start(),
                   .remedy = "Use a .gguf file; 'orpheus convert' creates one from a checkpoint."});
    }
    ORPHEUS_TRY(const uint32_t version, number<uint32_t>("the version"));
    if (version != 2 && version != 3) {
      return fail({.kind = ErrorKind::kUnsupported,
                   .what = file_.name_ + ": unknown GGUF version",
                   .expected = "2 or 3",
                   .found = std::to_string(version)});
    }
    ORPHEUS_TRY(const uint64_t num_tensors, number<uint64_t>("the number of tensors"));
    ORPHEUS_TRY(const uint64_t num_values, number<uint64_t>("the number of metadata values"));
    // A value takes at least 13 bytes, a tensor's entry at least 25.
    ORPHEUS_CHECK(check_count(num_values, 13, "metadata values"));
    for (uint64_t i = 0; i < num_values; ++i) ORPHEUS_CHECK(metadata());
    ORPHEUS_CHECK(check_count(num_tensors, 25, "tensors"));
    ORPHEUS_CHECK(read_alignment());
    file_.tensors_.reserve(num_tensors);
    offsets_.reserve(num_tensors);
    for (uint64_t i = 0; i < num_tensors; ++i) ORPHEUS_CHECK(tensor_entry());
    return place_tensors();
  }

 private:
  tl::unexpected<Error> broken(const std::string& what, std::string expected = {},
                               std::string found = {}) const {
    return fail({.kind = ErrorKind::kBadFile,
                 .what = file_.name_ + ": " + what,
                 .expected = std::move(expected),
                 .found = std::move(found),
                 .remedy = "The file is damaged or truncated; download it again."});
  }

  std::string printable_start() const {
    std::string start = "'";
    for (const std::byte byte : bytes_.first(std::min<size_t>(bytes_.size(), 4))) {
      const auto c = static_cast<char>(byte);
      start += c >= 0x20 && c < 0x7f ? c : '.';
    }
    return start + "'";
  }

  size_t left() const { return bytes_.size() - position_; }

  Result<std::span<const std::byte>> take(uint64_t size, std::string_view what) {
    if (size > left()) {
      return broken(std::string(what) + " extends beyond the end of the file",
                    std::to_string(size) + " bytes", std::to_string(left()) + " bytes");
    }
    const auto taken = bytes_.subspan(position_, size);
    position_ += size;
    return taken;
  }

  template <typename T>
  Result<T> number(std::string_view what) {
    ORPHEUS_TRY(const auto bytes, take(sizeof(T), what));
    T value{};
    std::memcpy(&value, bytes.data(), sizeof(T));
    return value;
  }

  Result<std::string_view> string(std::string_view what) {
    ORPHEUS_TRY(const uint64_t size, number<uint64_t>(what));
    ORPHEUS_TRY(const auto bytes, take(size, what));
    return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }

  Result<void> check_count(uint64_t count, uint64_t least_bytes_each, std::string_view what) const {
    if (count <= left() / least_bytes_each) return {};
    return broken("too many " + std::string(what) + " for the file's size",
                  "at most " + std::to_string(left() / least_bytes_each), std::to_string(count));
  }

  Result<void> metadata() {
    ORPHEUS_TRY(const std::string_view key, string("a metadata key"));
    if (key.empty() || key.size() > 65535 || find_invalid_utf8(key))
      return broken("a metadata key is not a valid name");
    const std::string what = "metadata '" + std::string(key) + "'";
    ORPHEUS_TRY(const auto type, number<uint32_t>(what));
    ORPHEUS_TRY(GgufValue parsed, value(static_cast<ValueType>(type), what));
    if (!file_.values_.emplace(key, std::move(parsed)).second)
      return broken(what + " appears twice");
    return {};
  }

  Result<GgufValue> value(ValueType type, const std::string& what) {
    switch (type) {
      case ValueType::kU8: return scalar<uint8_t>(what);
      case ValueType::kI8: return scalar<int8_t>(what);
      case ValueType::kU16: return scalar<uint16_t>(what);
      case ValueType::kI16: return scalar<int16_t>(what);
      case ValueType::kU32: return scalar<uint32_t>(what);
      case ValueType::kI32: return scalar<int32_t>(what);
      case ValueType::kU64: return scalar<uint64_t>(what);
      case ValueType::kI64: return scalar<int64_t>(what);
      case ValueType::kF32: return scalar<float>(what);
      case ValueType::kF64: return scalar<double>(what);
      case ValueType::kBool: {
        ORPHEUS_TRY(const auto byte, number<uint8_t>(what));
        if (byte > 1) return broken(what + " is not a boolean", "0 or 1", std::to_string(byte));
        return GgufValue(byte == 1);
      }
      case ValueType::kString: {
        ORPHEUS_TRY(const auto text, string(what));
        return GgufValue(text);
      }
      case ValueType::kArray: return array(what);
    }
    return broken(what + " has an unknown type", "0 to 12",
                  std::to_string(static_cast<uint32_t>(type)));
  }

  template <typename T>
  static auto widen(T x) {
    if constexpr (std::is_floating_point_v<T>) {
      return static_cast<double>(x);
    } else if constexpr (std::is_signed_v<T>) {
      return static_cast<int64_t>(x);
    } else {
      return static_cast<uint64_t>(x);
    }
  }

  template <typename T>
  Result<GgufValue> scalar(const std::string& what) {
    ORPHEUS_TRY(const T x, number<T>(what));
    return GgufValue(widen(x));
  }

  template <typename T>
  Result<GgufValue> numbers(uint64_t count, const std::string& what) {
    ORPHEUS_CHECK(check_count(count, sizeof(T), "entries of " + what));
    std::vector<decltype(widen(T{}))> items;
    items.reserve(count);
    for (uint64_t i = 0; i < count; ++i) {
      ORPHEUS_TRY(const T x, number<T>(what));
      items.push_back(widen(x));
    }
    return GgufValue(std::move(items));
  }

  Result<GgufValue> array(const std::string& what) {
    ORPHEUS_TRY(const auto type, number<uint32_t>(what));
    ORPHEUS_TRY(const auto count, number<uint64_t>(what));
    if (count > kMaxArrayEntries && count <= left()) {
      return broken(what + " is an array with too many entries",
                    "at most " + std::to_string(kMaxArrayEntries), std::to_string(count));
    }
    switch (static_cast<ValueType>(type)) {
      case ValueType::kU8: return numbers<uint8_t>(count, what);
      case ValueType::kI8: return numbers<int8_t>(count, what);
      case ValueType::kU16: return numbers<uint16_t>(count, what);
      case ValueType::kI16: return numbers<int16_t>(count, what);
      case ValueType::kU32: return numbers<uint32_t>(count, what);
      case ValueType::kI32: return numbers<int32_t>(count, what);
      case ValueType::kU64: return numbers<uint64_t>(count, what);
      case ValueType::kI64: return numbers<int64_t>(count, what);
      case ValueType::kF32: return numbers<float>(count, what);
      case ValueType::kF64: return numbers<double>(count, what);
      case ValueType::kBool: {
        ORPHEUS_TRY(const auto bytes, take(count, what));
        std::vector<bool> items;
        items.reserve(bytes.size());
        for (const std::byte byte : bytes) items.push_back(byte != std::byte{0});
        return GgufValue(std::move(items));
      }
      case ValueType::kString: {
        ORPHEUS_CHECK(check_count(count, sizeof(uint64_t), "entries of " + what));
        std::vector<std::string_view> items;
        items.reserve(count);
        for (uint64_t i = 0; i < count; ++i) {
          ORPHEUS_TRY(const auto item, string(what));
          items.push_back(item);
        }
        return GgufValue(std::move(items));
      }
      case ValueType::kArray: break;
    }
    return broken(what + " is an array of an unknown type", "a number, boolean or string type",
                  std::to_string(type));
  }

  Result<void> read_alignment() {
    if (!file_.has("general.alignment")) return {};
    ORPHEUS_TRY(const uint32_t alignment, file_.u32("general.alignment"));
    if (!std::has_single_bit(alignment) || alignment < kMinAlignment || alignment > kMaxAlignment) {
      return broken("general.alignment is invalid", "a power of two from 8 to 1048576",
                    std::to_string(alignment));
    }
    alignment_ = alignment;
    return {};
  }

  Result<void> tensor_entry() {
    GgufTensor tensor;
    ORPHEUS_TRY(tensor.name, string("a tensor's name"));
    if (tensor.name.empty() || tensor.name.size() > kMaxNameBytes ||
        find_invalid_utf8(tensor.name)) {
      return broken("a tensor's name is invalid", "1 to 63 bytes of text",
                    std::to_string(tensor.name.size()) + " bytes");
    }
    const std::string what = "tensor '" + std::string(tensor.name) + "'";
    ORPHEUS_TRY(const auto num_dimensions, number<uint32_t>(what));
    if (num_dimensions == 0 || num_dimensions > tensor.shape.size()) {
      return broken(what + " has an invalid number of dimensions", "1 to 4",
                    std::to_string(num_dimensions));
    }
    int64_t num_elements = 1;
    for (uint32_t d = 0; d < num_dimensions; ++d) {
      ORPHEUS_TRY(const auto size, number<uint64_t>(what));
      if (size == 0 || size > static_cast<uint64_t>(kMaxElements / num_elements)) {
        return broken(what + " has an invalid shape", {}, "a dimension of " + std::to_string(size));
      }
      tensor.shape[d] = static_cast<int64_t>(size);
      num_elements *= tensor.shape[d];
    }
    ORPHEUS_TRY(const auto type, number<uint32_t>(what));
    // ggml still has the numbers of types that it removed, with a size of zero.
    if (type >= GGML_TYPE_COUNT || ggml_type_size(static_cast<ggml_type>(type)) == 0) {
      return fail(
          {.kind = ErrorKind::kUnsupported,
           .what = file_.name_ + ": " + what + " has a type that is unknown to this build's ggml",
           .expected = "a ggml type below " + std::to_string(GGML_TYPE_COUNT),
           .found = std::to_string(type),
           .remedy = "Build with a newer ggml, or use another quantisation of the model."});
    }
    tensor.type = static_cast<int>(type);
    if (tensor.shape[0] % ggml_blck_size(static_cast<ggml_type>(type)) != 0) {
      return broken(what + " has a row length that is not a multiple of its type's block size",
                    "a multiple of " + std::to_string(ggml_blck_size(static_cast<ggml_type>(type))),
                    std::to_string(tensor.shape[0]));
    }
    ORPHEUS_TRY(const auto offset, number<uint64_t>(what));
    if (offset % alignment_ != 0) {
      return broken(what + " is not aligned", "a multiple of " + std::to_string(alignment_),
                    std::to_string(offset));
    }
    if (!file_.tensor_index_.emplace(tensor.name, file_.tensors_.size()).second) {
      return broken(what + " appears twice");
    }
    file_.tensors_.push_back(tensor);
    offsets_.push_back(offset);
    return {};
  }

  Result<void> place_tensors() {
    const uint64_t start = (position_ + alignment_ - 1) / alignment_ * alignment_;
    for (size_t i = 0; i < offsets_.size(); ++i) {
      GgufTensor& tensor = file_.tensors_[i];
      const auto num_rows =
          static_cast<uint64_t>(tensor.shape[1] * tensor.shape[2] * tensor.shape[3]);
      // At most 2^40 elements of at most 8 bytes: no overflow.
      const uint64_t size =
          ggml_row_size(static_cast<ggml_type>(tensor.type), tensor.shape[0]) * num_rows;
      const uint64_t room = bytes_.size() > start ? bytes_.size() - start : 0;
      if (offsets_[i] > room || size > room - offsets_[i]) {
        return broken(
            "tensor '" + std::string(tensor.name) + "' extends beyond the end of the file",
            std::to_string(size) + " bytes at " + std::to_string(offsets_[i]),
            std::to_string(room) + " bytes of tensor data");
      }
      tensor.data = bytes_.subspan(start + offsets_[i], size);
    }
    return {};
  }

  GgufFile& file_;
  std::span<const std::byte> bytes_;
  size_t position_ = 0;
  uint64_t alignment_ = kDefaultAlignment;
  std::vector<uint64_t> offsets_;
};

std::string to_string(const Shape& shape) {
  size_t num_dimensions = shape.size();
  while (num_dimensions > 1 && shape[num_dimensions - 1] == 1) --num_dimensions;
  std::string text = "[" + std::to_string(shape[0]);
  for (size_t d = 1; d < num_dimensions; ++d) text += ", " + std::to_string(shape[d]);
  return text + "]";
}

GgufFile::GgufFile(MappedFile file)
    : file_(std::move(file)), name_(file_.path().filename().string()) {}

Result<GgufFile> GgufFile::open(const std::filesystem::path& path) {
  ORPHEUS_TRY(MappedFile mapped, MappedFile::open(path, OnLoss::kZeros));
  GgufFile file(std::move(mapped));
  ORPHEUS_CHECK(GgufParser(file).parse());
  return file;
}

template <typename T>
Result<const T*> GgufFile::value(std::string_view key, std::string_view type_name) const {
  const auto found = values_.find(key);
  if (found == values_.end()) {
    return fail({.kind = ErrorKind::kBadFile,
                 .what = name_ + ": the metadata key '" + std::string(key) + "' is missing",
                 .expected = std::string(type_name),
                 .remedy = "The file is not a model of the expected kind."});
  }
  if (const T* value = std::get_if<T>(&found->second)) return value;
  return fail({.kind = ErrorKind::kBadFile,
               .what = name_ + ": the metadata key '" + std::string(key) + "' has another type",
               .expected = std::string(type_name)});
}

Result<uint32_t> GgufFile::u32(std::string_view key) const {
  uint64_t number = std::numeric_limits<uint64_t>::max();
  if (const auto found = value<int64_t>(key, "an unsigned integer")) {
    if (**found >= 0) number = static_cast<uint64_t>(**found);
  } else {
    ORPHEUS_TRY(const uint64_t* found_unsigned, value<uint64_t>(key, "an unsigned integer"));
    number = *found_unsigned;
  }
  if (number <= std::numeric_limits<uint32_t>::max()) return static_cast<uint32_t>(number);
  return fail({.kind = ErrorKind::kBadFile,
               .what = name_ + ": the metadata key '" + std::string(key) + "' is out of range",
               .expected = "0 to 4294967295"});
}

Result<float> GgufFile::f32(std::string_view key) const {
  ORPHEUS_TRY(const double* number, value<double>(key, "a floating-point number"));
  if (std::isfinite(*number) &&
      std::abs(*number) <= static_cast<double>(std::numeric_limits<float>::max())) {
    return static_cast<float>(*number);
  }
  return fail(
      {.kind = ErrorKind::kBadFile,
       .what = name_ + ": the metadata key '" + std::string(key) + "' is not a finite number"});
}

Result<bool> GgufFile::boolean(std::string_view key) const {
  ORPHEUS_TRY(const bool* truth, value<bool>(key, "a boolean"));
  return *truth;
}

Result<std::string_view> GgufFile::string(std::string_view key) const {
  ORPHEUS_TRY(const std::string_view* text, value<std::string_view>(key, "a string"));
  return *text;
}

Result<std::span<const std::string_view>> GgufFile::strings(std::string_view key) const {
  ORPHEUS_TRY(const auto* items, value<std::vector<std::string_view>>(key, "an array of strings"));
  return std::span<const std::string_view>(*items);
}

Result<std::vector<int32_t>> GgufFile::i32s(std::string_view key) const {
  std::vector<int32_t> narrow;
  const auto take = [&](const auto& items) {
    for (const auto item : items) {
      if (!std::in_range<int32_t>(item)) return false;
      narrow.push_back(static_cast<int32_t>(item));
    }
    return true;
  };
  bool in_range = false;
  if (const auto found = value<std::vector<int64_t>>(key, "an array of integers")) {
    in_range = take(**found);
  } else {
    ORPHEUS_TRY(const auto* found_unsigned,
                value<std::vector<uint64_t>>(key, "an array of integers"));
    in_range = take(*found_unsigned);
  }
  if (in_range) return narrow;
  return fail({.kind = ErrorKind::kBadFile,
               .what = name_ + ": the metadata key '" + std::string(key) +
                       "' contains a number out of range",
               .expected = "32-bit integers"});
}

const GgufTensor* GgufFile::find_tensor(std::string_view name) const {
  const auto found = tensor_index_.find(name);
  return found == tensor_index_.end() ? nullptr : &tensors_[found->second];
}

Result<const GgufTensor*> GgufFile::demand_tensor(const std::string& name,
                                                  const Shape& shape) const {
  const GgufTensor* tensor = find_tensor(name);
  if (tensor == nullptr) {
    return fail({.kind = ErrorKind::kBadFile,
                 .what = name_ + ": the tensor '" + name + "' is missing",
                 .expected = to_string(shape),
                 .remedy = "The file is incomplete, or not a model of the expected kind."});
  }
  if (tensor->shape != shape) {
    return fail({.kind = ErrorKind::kBadFile,
                 .what = name_ + ": the tensor '" + name + "' has the wrong shape",
                 .expected = to_string(shape),
                 .found = to_string(tensor->shape)});
  }
  return tensor;
}

Result<std::span<const float>> GgufFile::f32_tensor(const std::string& name,
                                                    const Shape& shape) const {
  ORPHEUS_TRY(const GgufTensor* tensor, demand_tensor(name, shape));
  if (tensor->type != GGML_TYPE_F32) {
    return fail({.kind = ErrorKind::kBadFile,
                 .what = name_ + ": the tensor '" + name + "' has the wrong type",
                 .expected = "f32",
                 .found = ggml_type_name(static_cast<ggml_type>(tensor->type))});
  }
  const auto values = std::span(reinterpret_cast<const float*>(tensor->data.data()),
                                tensor->data.size() / sizeof(float));
  if (!std::all_of(values.begin(), values.end(),
                   [](float value) { return std::isfinite(value); })) {
    return fail(
        {.kind = ErrorKind::kBadFile,
         .what = name_ + ": the tensor '" + name + "' contains a value that is not a number",
         .expected = "finite values",
         .remedy = "The file is damaged; download it again."});
  }
  return values;
}

}  // namespace orpheus::tensor
