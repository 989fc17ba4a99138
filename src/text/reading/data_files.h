#pragma once
// The embedded files of data/. Written by cmake/EmbedText.cmake.

#include <span>
#include <string_view>

namespace orpheus::text::reading {

struct DataFile {
  std::string_view name;  // without ".toml": a language's code, or "units"
  std::string_view toml;
};

std::span<const DataFile> data_files();

}  // namespace orpheus::text::reading
