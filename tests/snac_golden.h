#pragma once
// The results of the SNAC authors' program for a narrow codec of the released structure
// (tests/data/snac-tiny).

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "codes/frame.h"
#include "convert/codec.h"
#include "snac/noise.h"
#include "tensor/gguf_file.h"

namespace orpheus::golden {

inline const std::string kSnacFolder = ORPHEUS_TEST_DATA "/snac-tiny/";

template <typename T>
std::vector<T> array(const std::string& file) {
  std::ifstream in(kSnacFolder + file, std::ios::binary | std::ios::ate);
  EXPECT_TRUE(in) << file;
  std::vector<T> values(in ? static_cast<size_t>(in.tellg()) / sizeof(T) : 0);
  in.seekg(0);
  in.read(reinterpret_cast<char*>(values.data()),
          static_cast<std::streamsize>(values.size() * sizeof(T)));
  return values;
}

inline std::vector<codes::Frame> frames() {
  const codes::CodeRows rows = {array<int32_t>("codes_0.i32"), array<int32_t>("codes_1.i32"),
                                array<int32_t>("codes_2.i32")};
  return codes::frames_of(rows).value_or(std::vector<codes::Frame>());
}

// The noise of the reference.
inline snac::NoiseSource noise() {
  std::vector<std::vector<float>> blocks;
  for (int block = 0; block < 4; ++block)
    blocks.push_back(array<float>("noise_" + std::to_string(block) + ".f32"));
  return [blocks](int block, int64_t first, std::span<float> values) {
    std::copy_n(blocks[static_cast<size_t>(block)].begin() + first, values.size(), values.begin());
  };
}

// The golden checkpoint as a GGUF, converted for each test.
inline std::filesystem::path converted_codec() {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  std::string name = std::string(test->test_suite_name()) + "_" + test->name() + ".gguf";
  for (char& c : name) c = c == '/' ? '_' : c;
  std::filesystem::path path = std::filesystem::path(testing::TempDir()) / name;
  const auto converted = convert::convert_codec(kSnacFolder, path);
  EXPECT_TRUE(converted.has_value()) << converted.error().message();
  return path;
}

inline std::shared_ptr<const tensor::GgufFile> converted_file() {
  auto file = tensor::GgufFile::open(converted_codec());
  EXPECT_TRUE(file.has_value()) << file.error().message();
  return file ? std::make_shared<const tensor::GgufFile>(std::move(*file)) : nullptr;
}

}  // namespace orpheus::golden
