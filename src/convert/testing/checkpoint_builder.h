#pragma once
// For tests: writes torch checkpoints, sound ones and hostile ones.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace orpheus::convert {

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

inline std::string little_endian(uint64_t value, size_t num_bytes) {
  std::string bytes;
  for (size_t i = 0; i < num_bytes; ++i) bytes += static_cast<char>(value >> 8U * i);
  return bytes;
}

template <typename T>
std::string raw(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

// Pieces of pickle that leave one object on the stack, and the pickle around them.
inline std::string integer(int64_t value) {
  return "\x8a\x08" + little_endian(static_cast<uint64_t>(value), 8);
}
inline std::string text(std::string_view value) {
  return "X" + little_endian(value.size(), 4) + std::string(value);
}
inline std::string tuple(const std::vector<int64_t>& values) {
  std::string items;
  for (const int64_t value : values) items += integer(value);
  return "(" + items + "t";
}
inline std::string storage(const std::string& storage_class, const std::string& key,
                           int64_t num_elements) {
  return "(" + text("storage") + "ctorch\n" + storage_class + "\n" + text(key) + text("cpu") +
         integer(num_elements) + "tQ";
}

struct BuiltTensor {
  std::string storage_class = "FloatStorage";
  std::string key = "0";
  int64_t num_elements = 0;
  int64_t offset = 0;
  std::vector<int64_t> shape = {};
  std::vector<int64_t> strides = {};
};

inline std::string tensor(const BuiltTensor& tensor) {
  return "ctorch._utils\n_rebuild_tensor_v2\n(" +
         storage(tensor.storage_class, tensor.key, tensor.num_elements) + integer(tensor.offset) +
         tuple(tensor.shape) + tuple(tensor.strides) + "\x89" + "ccollections\nOrderedDict\n)RtR";
}

// A state dict of these items: name and pickled value.
inline std::string state_dict(const std::vector<std::pair<std::string, std::string>>& items) {
  std::string pickle = "\x80\x02" + std::string("ccollections\nOrderedDict\n)R(");
  for (const auto& [name, value] : items) pickle += text(name) + value;
  return pickle + "u.";
}

enum class ZipKind { kPlain, kZip64 };

struct ZipEntry {
  std::string name;
  std::string content;
  uint16_t method = 0;
  uint16_t flags = 0x0808;  // as torch: sizes in a data descriptor, UTF-8 names
};

inline std::string zip(const std::vector<ZipEntry>& entries, ZipKind kind = ZipKind::kPlain) {
  const bool wide = kind == ZipKind::kZip64;
  std::string archive;
  std::string directory;
  for (const ZipEntry& entry : entries) {
    const uint64_t offset = archive.size();
    const uint64_t size = entry.content.size();
    const std::string padding(3, 'Z');  // torch aligns contents with such an extra field
    archive += "PK\x03\x04" + std::string(22, '\0') + little_endian(entry.name.size(), 2) +
               little_endian(padding.size(), 2) + entry.name + padding + entry.content;
    const std::string extra = wide ? little_endian(1, 2) + little_endian(24, 2) +
                                         little_endian(size, 8) + little_endian(size, 8) +
                                         little_endian(offset, 8)
                                   : "";
    const auto narrow = [&](uint64_t value) { return little_endian(wide ? ~0ULL : value, 4); };
    directory += "PK\x01\x02" + std::string(4, '\0') + little_endian(entry.flags, 2) +
                 little_endian(entry.method, 2) + std::string(8, '\0') + narrow(size) +
                 narrow(size) + little_endian(entry.name.size(), 2) +
                 little_endian(extra.size(), 2) + std::string(10, '\0') + narrow(offset) +
                 entry.name + extra;
  }
  const uint64_t start = archive.size();
  archive += directory;
  if (wide) {
    const uint64_t record = archive.size();
    archive += "PK\x06\x06" + little_endian(44, 8) + std::string(12, '\0') +
               little_endian(entries.size(), 8) + little_endian(entries.size(), 8) +
               little_endian(directory.size(), 8) + little_endian(start, 8);
    archive += "PK\x06\x07" + std::string(4, '\0') + little_endian(record, 8) + little_endian(1, 4);
  }
  return archive + "PK\x05\x06" + std::string(4, '\0') +
         little_endian(wide ? 0xFFFF : entries.size(), 2) +
         little_endian(wide ? 0xFFFF : entries.size(), 2) +
         little_endian(wide ? ~0ULL : directory.size(), 4) +
         little_endian(wide ? ~0ULL : start, 4) + std::string(2, '\0');
}

// A checkpoint of one storage, "0".
inline std::string checkpoint(const std::string& pickle, const std::string& storage_bytes) {
  return zip({{"archive/data.pkl", pickle}, {"archive/data/0", storage_bytes}});
}

}  // namespace orpheus::convert
