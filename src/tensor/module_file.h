#pragma once
// A module's file as the dynamic linker sees it.

#include <filesystem>
#include <optional>
#include <string>

namespace orpheus::tensor {

// What the linker says if it cannot load the file; nothing if it can. The file is not kept loaded.
std::optional<std::string> complaint_of_linker(const std::filesystem::path& file);

}  // namespace orpheus::tensor
