#pragma once
// Where this code lies on the disk, to find what is installed beside it.

#include <filesystem>
#include <vector>

namespace orpheus {

// The files that hold this code: the library or program that it was linked into, then the running
// program. Absolute paths, without symbolic links; a file that cannot be found is left out. Neither
// the name that the program is called by nor the current folder changes the answer.
std::vector<std::filesystem::path> files_with_this_code();

}  // namespace orpheus
