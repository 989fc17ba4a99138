#include "convert/safetensors.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "convert/byte_reader.h"

namespace orpheus::convert {
namespace {

using nlohmann::json;

// The limit of the format's own library.
constexpr uint64_t kMaxHeaderBytes = 100'000'000;
constexpr size_t kMaxDimensions = 8;
constexpr uint64_t kMaxElements = uint64_t{1} << 48U;

std::optional<unsigned> bits_of(std::string_view dtype) {
  static constexpr std::array kBits = {
      std::pair{"F64", 64U},    std::pair{"F32", 32U},    std::pair{"F16", 16U},
      std::pair{"BF16", 16U},   std::pair{"I64", 64U},    std::pair{"I32", 32U},
      std::pair{"I16", 16U},    std::pair{"I8", 8U},      std::pair{"U64", 64U},
      std::pair{"U32", 32U},    std::pair{"U16", 16U},    std::pair{"U8", 8U},
      std::pair{"F8_E4M3", 8U}, std::pair{"F8_E5M2", 8U}, std::pair{"BOOL", 8U}};
  for (const auto& [name, bits] : kBits)
    if (dtype == name) return bits;
  return std::nullopt;
}

class HeaderParser {
 public:
  HeaderParser(std::span<const std::byte> data, const std::string& name)
      : data_(data), name_(name) {}

  Result<SafeTensors> parse(const json& header) const {
    SafeTensors tensors;
    for (const auto& [key, entry] : header.items()) {
      if (key == "__metadata__") continue;
      ORPHEUS_TRY(SafeTensor tensor, parse_tensor(key, entry));
      tensors.emplace(key, std::move(tensor));
    }
    return tensors;
  }

 private:
  Result<SafeTensor> parse_tensor(const std::string& key, const json& entry) const {
    SafeTensor tensor;
    const auto dtype = entry.find("dtype");
    if (!entry.is_object() || dtype == entry.end() || !dtype->is_string())
      return broken(key, "has no dtype", "a string");
    tensor.dtype = dtype->get<std::string>();
    const auto bits = bits_of(tensor.dtype);
    if (!bits) return broken(key, "has an unknown dtype", "a dtype such as F32 or BF16");
    ORPHEUS_TRY(tensor.shape, numbers(key, entry, "shape"));
    uint64_t num_elements = 1;
    for (const uint64_t size : tensor.shape) {
      if (size == 0 || size > kMaxElements / num_elements)
        return broken(key, "has an invalid shape", "dimensions of 1 or more");
      num_elements *= size;
    }
    ORPHEUS_TRY(const auto offsets, numbers(key, entry, "data_offsets"));
    const uint64_t num_bytes = num_elements * *bits / 8;
    if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > data_.size() ||
        offsets[1] - offsets[0] != num_bytes) {
      return broken(key, "has data_offsets that do not match its shape or the file",
                    std::to_string(num_bytes) + " bytes within the file's " +
                        std::to_string(data_.size()) + " bytes of data");
    }
    tensor.data = data_.subspan(offsets[0], num_bytes);
    return tensor;
  }

  Result<std::vector<uint64_t>> numbers(const std::string& key, const json& entry,
                                        const char* member) const {
    const auto list = entry.find(member);
    const bool sound =
        list != entry.end() && list->is_array() && list->size() <= kMaxDimensions &&
        std::ranges::all_of(*list, [](const json& item) { return item.is_number_unsigned(); });
    if (!sound) {
      return broken(key, std::string("has an invalid ") + member,
                    "at most " + std::to_string(kMaxDimensions) + " whole numbers");
    }
    return list->get<std::vector<uint64_t>>();
  }

  tl::unexpected<Error> broken(const std::string& key, const std::string& what,
                               const std::string& expected) const {
    return fail({.kind = ErrorKind::kBadFile,
                 .what = name_ + ": tensor " + convert::quoted(key) + " " + what,
                 .expected = expected,
                 .remedy = "The file is damaged or incomplete: download it again."});
  }

  std::span<const std::byte> data_;
  const std::string& name_;
};

Error not_safetensors(const std::string& name, const std::string& expected) {
  return {.kind = ErrorKind::kBadFile,
          .what = name + ": not a complete safetensors file",
          .expected = expected,
          .remedy = "Download it again. A file of a few hundred bytes is a Git LFS pointer."};
}

}  // namespace

Result<SafeTensors> parse_safetensors(std::span<const std::byte> bytes, const std::string& name) {
  ByteReader reader(bytes);
  const auto header_bytes = reader.read<uint64_t>();
  if (!header_bytes || *header_bytes > kMaxHeaderBytes)
    return fail(not_safetensors(name, "a header of at most 100000000 bytes"));
  const auto text = reader.text(*header_bytes);
  if (!text) return fail(not_safetensors(name, std::to_string(*header_bytes) + " bytes of header"));
  const json header = json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!header.is_object()) return fail(not_safetensors(name, "a JSON header"));
  return HeaderParser(bytes.subspan(reader.position()), name).parse(header);
}

Result<std::vector<std::string>> parse_safetensors_index(std::string_view text,
                                                         const std::string& name) {
  const auto broken = [&](const std::string& what, const std::string& expected) {
    return fail({.kind = ErrorKind::kBadFile, .what = name + ": " + what, .expected = expected});
  };
  const json index = json::parse(text, nullptr, /*allow_exceptions=*/false);
  const auto map = index.find("weight_map");
  if (!index.is_object() || map == index.end() || !map->is_object() || map->empty())
    return broken("not a valid checkpoint index", "JSON with a weight_map");
  std::vector<std::string> files;
  for (const json& entry : *map) {
    if (!entry.is_string())
      return broken("a tensor has no file name", "the name of the file with the tensor");
    files.push_back(entry.get<std::string>());
  }
  std::ranges::sort(files);
  files.erase(std::unique(files.begin(), files.end()), files.end());
  for (const std::string& file : files) {
    // Only names in the folder: an index must not make the program read other files.
    if (file.find_first_of(std::string_view("/\\\0", 3)) == file.npos &&
        file.ends_with(".safetensors"))
      continue;
    return broken("invalid file name " + convert::quoted(file),
                  "a name such as model-00001-of-00004.safetensors");
  }
  return files;
}

Result<SafetensorsFolder> SafetensorsFolder::open(const std::filesystem::path& folder) {
  constexpr const char* kIndex = "model.safetensors.index.json";
  constexpr const char* kSingle = "model.safetensors";
  SafetensorsFolder checkpoint;
  std::error_code none;
  if (std::filesystem::exists(folder / kIndex, none)) {
    ORPHEUS_TRY(const MappedFile index, MappedFile::open(folder / kIndex));
    const auto bytes = index.bytes();
    ORPHEUS_TRY(const auto files,
                parse_safetensors_index({reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                                        kIndex));
    for (const std::string& file : files) ORPHEUS_CHECK(checkpoint.add(folder / file));
    return checkpoint;
  }
  if (!std::filesystem::exists(folder / kSingle, none)) {
    return fail(
        {.kind = ErrorKind::kNotFound,
         .what = folder.string() + ": the folder contains no checkpoint of a language model",
         .expected = std::string(kSingle) + ", or " + kIndex + " and the parts that it lists",
         .remedy = "Download all files of the model's repository to this folder."});
  }
  ORPHEUS_CHECK(checkpoint.add(folder / kSingle));
  return checkpoint;
}

Result<void> SafetensorsFolder::add(const std::filesystem::path& path) {
  ORPHEUS_TRY(MappedFile file, MappedFile::open(path));
  const std::string name = path.filename().string();
  ORPHEUS_TRY(SafeTensors tensors, parse_safetensors(file.bytes(), name));
  for (auto& [key, tensor] : tensors) {
    tensor.file = files_.size();
    if (tensors_.emplace(key, std::move(tensor)).second) continue;
    return fail(
        {.kind = ErrorKind::kBadFile,
         .what = name + ": tensor " + convert::quoted(key) + " also appears in another part",
         .remedy = "Check that all parts belong to one checkpoint."});
  }
  files_.push_back(std::move(file));
  names_.push_back(name);
  return {};
}

void SafetensorsFolder::release(std::span<const std::byte> data) const {
  for (const MappedFile& file : files_) {
    const auto bytes = file.bytes();
    if (data.data() >= bytes.data() && data.data() < bytes.data() + bytes.size())
      file.release(data);
  }
}

}  // namespace orpheus::convert
