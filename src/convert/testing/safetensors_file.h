#pragma once
// For tests: writes Hugging Face checkpoints.

#include <bit>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <ggml.h>
#include <nlohmann/json.hpp>

namespace orpheus::convert {

inline std::string safetensors(const std::string& header, std::string_view data) {
  std::string bytes(8, '\0');
  const uint64_t size = header.size();
  for (size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(size >> 8U * i);
  return bytes + header + std::string(data);
}

struct WrittenTensor {
  std::string name;
  std::vector<uint64_t> shape;  // torch's order
  std::vector<float> values;
};

inline std::string stored(const std::vector<float>& values, std::string_view dtype) {
  std::string bytes;
  const auto append = [&](auto value) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  };
  for (const float value : values) {
    if (dtype == "F32") append(value);
    if (dtype == "F16") append(ggml_fp32_to_fp16(value));
    if (dtype == "BF16") append(static_cast<uint16_t>(std::bit_cast<uint32_t>(value) >> 16U));
  }
  return bytes;
}

inline std::string safetensors(const std::vector<WrittenTensor>& tensors,
                               const std::string& dtype) {
  nlohmann::json header = {{"__metadata__", {{"format", "pt"}}}};
  std::string data;
  for (const WrittenTensor& tensor : tensors) {
    const size_t begin = data.size();
    data += stored(tensor.values, dtype);
    header[tensor.name] = {
        {"dtype", dtype}, {"shape", tensor.shape}, {"data_offsets", {begin, data.size()}}};
  }
  return safetensors(header.dump(), data);
}

inline void write_file(const std::filesystem::path& path, std::string_view content) {
  std::ofstream(path, std::ios::binary) << content;
}

// In one file, or dealt out to three with an index.
inline void write_checkpoint(const std::filesystem::path& folder,
                             const std::vector<WrittenTensor>& tensors, const std::string& dtype,
                             bool sharded) {
  if (!sharded) return write_file(folder / "model.safetensors", safetensors(tensors, dtype));
  std::vector<std::vector<WrittenTensor>> parts(3);
  nlohmann::json index = {{"metadata", {{"total_size", 1}}}};
  for (size_t i = 0; i < tensors.size(); ++i) {
    parts[i % 3].push_back(tensors[i]);
    index["weight_map"][tensors[i].name] =
        "model-0000" + std::to_string(i % 3 + 1) + "-of-00003.safetensors";
  }
  for (size_t i = 0; i < parts.size(); ++i) {
    write_file(folder / ("model-0000" + std::to_string(i + 1) + "-of-00003.safetensors"),
               safetensors(parts[i], dtype));
  }
  write_file(folder / "model.safetensors.index.json", index.dump());
}

}  // namespace orpheus::convert
