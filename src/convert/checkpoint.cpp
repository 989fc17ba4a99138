#include "convert/checkpoint.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include <ggml.h>

#include "convert/byte_reader.h"
#include "convert/zip_archive.h"

namespace orpheus::convert {
namespace {

constexpr std::string_view kFetchAgain = "The file is damaged or incomplete: download it again.";

bool starts_with(std::span<const std::byte> bytes, std::string_view prefix) {
  return bytes.size() >= prefix.size() &&
         std::memcmp(bytes.data(), prefix.data(), prefix.size()) == 0;
}

// Other files that users have instead of a zip archive, each with its own remedy.
Result<void> check_is_zip(std::span<const std::byte> bytes, const std::string& name) {
  if (starts_with(bytes, "version https://git-lfs")) {
    return fail({.kind = ErrorKind::kBadFile,
                 .what = name + ": not a checkpoint, but a Git LFS pointer to one",
                 .expected = "a torch checkpoint",
                 .found = "a Git LFS pointer",
                 .remedy = "Download the file itself: git lfs pull."});
  }
  if (starts_with(bytes, "\x80\x02\x8a\x0a")) {
    return fail({.kind = ErrorKind::kUnsupported,
                 .what = name + ": a checkpoint of a torch version before 1.6",
                 .expected = "the zip format of torch 1.6 and later",
                 .remedy = "Load it with torch.load and save it again with torch.save."});
  }
  return {};
}

struct Archive {
  std::span<const std::byte> pickle;
  std::unordered_map<std::string_view, std::span<const std::byte>> storages;
};

// The archive's one folder (torch names it after the file) holds data.pkl, data/<key> for each
// storage and, from torch 2.1, byteorder.
Result<Archive> open_archive(const ZipArchive& zip, const std::string& name) {
  constexpr std::string_view kPickle = "/data.pkl";
  const auto is_pickle = [&](const auto& entry) {
    return entry.first.ends_with(kPickle) &&
           entry.first.find('/') + kPickle.size() == entry.first.size();
  };
  const auto pickle = std::ranges::find_if(zip.entries(), is_pickle);
  if (pickle == zip.entries().end()) {
    return fail({.kind = ErrorKind::kBadFile,
                 .what = name + ": not a torch checkpoint",
                 .expected = "a zip archive with an entry data.pkl",
                 .found = "none"});
  }
  const std::string_view folder =
      pickle->first.substr(0, pickle->first.size() - kPickle.size() + 1);
  const std::string prefix = std::string(folder) + "data/";
  Archive archive{.pickle = pickle->second, .storages = {}};
  for (const auto& [path, bytes] : zip.entries()) {
    if (path.starts_with(prefix)) archive.storages.emplace(path.substr(prefix.size()), bytes);
  }
  const auto order = zip.entries().find(std::string(folder) + "byteorder");
  if (order != zip.entries().end() && !starts_with(order->second, "little")) {
    return fail({.kind = ErrorKind::kUnsupported,
                 .what = name + ": its numbers are not little-endian",
                 .remedy = "Save it again with torch.save on a little-endian machine."});
  }
  return archive;
}

size_t element_bytes(ElementType type) {
  switch (type) {
    case ElementType::kFloat64: return sizeof(double);
    case ElementType::kFloat32: return sizeof(float);
    case ElementType::kFloat16:
    case ElementType::kBFloat16: return sizeof(uint16_t);
    case ElementType::kOther: break;
  }
  return 0;
}

float element(ElementType type, const std::byte* source) {
  const auto load = [source]<typename T>(T value) {
    std::memcpy(&value, source, sizeof(value));
    return value;
  };
  switch (type) {
    case ElementType::kFloat64: return static_cast<float>(load(double{}));
    case ElementType::kFloat32: return load(float{});
    case ElementType::kFloat16: return ggml_fp16_to_fp32(load(ggml_fp16_t{}));
    case ElementType::kBFloat16: return ggml_bf16_to_fp32(load(ggml_bf16_t{}));
    case ElementType::kOther: break;
  }
  return 0;
}

// The number of values. Nothing if the tensor reaches beyond its storage or has more values than it
// (as an expanded tensor has), so a checkpoint's size bounds the memory that reading it takes.
std::optional<uint64_t> num_values(const PickledTensor& tensor, uint64_t storage_elements) {
  uint64_t count = 1;
  uint64_t last = tensor.offset;
  if (last >= storage_elements) return std::nullopt;
  for (size_t i = 0; i < tensor.shape.size(); ++i) {
    const uint64_t size = tensor.shape[i];
    if (size == 0 || count > storage_elements / size) return std::nullopt;
    count *= size;
    if (size > 1 && tensor.strides[i] > (storage_elements - 1 - last) / (size - 1))
      return std::nullopt;
    if (size > 1) last += tensor.strides[i] * (size - 1);
  }
  return count;
}

}  // namespace

std::string shape_to_string(std::span<const uint64_t> shape) {
  std::string text = "[";
  for (const uint64_t size : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + "]";
}

Result<Checkpoint> Checkpoint::open(const std::filesystem::path& path) {
  ORPHEUS_TRY(MappedFile file, MappedFile::open(path));
  ORPHEUS_TRY(Checkpoint checkpoint, parse(file.bytes(), path.filename().string()));
  checkpoint.file_ = std::move(file);
  return checkpoint;
}

Result<Checkpoint> Checkpoint::parse(std::span<const std::byte> bytes, const std::string& name) {
  ORPHEUS_CHECK(check_is_zip(bytes, name));
  ORPHEUS_TRY(const ZipArchive zip, ZipArchive::parse(bytes, name));
  ORPHEUS_TRY(Archive archive, open_archive(zip, name));
  ORPHEUS_TRY(std::vector<NamedTensor> described, read_state_dict(archive.pickle, name));
  Tensors tensors;
  for (NamedTensor& entry : described)
    tensors.insert_or_assign(entry.name, std::move(entry.tensor));
  return Checkpoint(name, std::move(tensors), std::move(archive.storages));
}

Checkpoint::Checkpoint(std::string name, Tensors tensors,
                       std::unordered_map<std::string_view, std::span<const std::byte>> storages)
    : name_(std::move(name)), tensors_(std::move(tensors)), storages_(std::move(storages)) {}

const PickledTensor* Checkpoint::find(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

Result<std::vector<float>> Checkpoint::floats(std::string_view name) const {
  const std::string where = name_ + ": tensor " + quoted(name);
  const PickledTensor* tensor = find(name);
  if (tensor == nullptr) return fail({.kind = ErrorKind::kBadFile, .what = where + " is missing"});
  const size_t width = element_bytes(tensor->type);
  if (width == 0) {
    return fail({.kind = ErrorKind::kUnsupported,
                 .what = where + " has an unsupported type",
                 .expected = "a floating-point storage",
                 .found = std::string(tensor->storage_class)});
  }
  const auto storage = storages_.find(tensor->storage_key);
  if (storage == storages_.end() || storage->second.size() / width < tensor->storage_elements) {
    return fail({.kind = ErrorKind::kBadFile,
                 .what = where + " has an incomplete storage",
                 .expected = std::to_string(tensor->storage_elements) + " elements",
                 .found = storage == storages_.end()
                              ? "no entry " + quoted(tensor->storage_key)
                              : std::to_string(storage->second.size()) + " bytes",
                 .remedy = std::string(kFetchAgain)});
  }
  const auto count = num_values(*tensor, tensor->storage_elements);
  if (!count) {
    return fail({.kind = ErrorKind::kBadFile,
                 .what = where + " extends beyond its storage",
                 .expected = "at most " + std::to_string(tensor->storage_elements),
                 .found = "shape " + shape_to_string(tensor->shape) + ", strides " +
                          shape_to_string(tensor->strides) + ", offset " +
                          std::to_string(tensor->offset),
                 .remedy = std::string(kFetchAgain)});
  }

  std::vector<float> values(static_cast<size_t>(*count));
  std::vector<uint64_t> index(tensor->shape.size());
  uint64_t position = tensor->offset;
  for (float& value : values) {
    value = element(tensor->type, storage->second.data() + position * width);
    if (!std::isfinite(value)) {
      return fail({.kind = ErrorKind::kBadFile,
                   .what = where + " holds a value that is not finite",
                   .remedy = std::string(kFetchAgain)});
    }
    for (size_t axis = index.size(); axis-- > 0;) {
      position += tensor->strides[axis];
      if (++index[axis] < tensor->shape[axis]) break;
      position -= tensor->strides[axis] * index[axis];
      index[axis] = 0;
    }
  }
  return values;
}

}  // namespace orpheus::convert
