#pragma once
// Tells one file from another that later has its name, and from itself after a change.

#include <filesystem>
#include <optional>
#include <string>

namespace orpheus {

// Differs for another file, another size or another time of writing; nothing if there is no such
// file. May be called from any thread.
std::optional<std::string> version_of_file(const std::filesystem::path& path);

}  // namespace orpheus
