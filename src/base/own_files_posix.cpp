#include <algorithm>
#include <system_error>

#include <dlfcn.h>

#include "base/own_files.h"

namespace orpheus {
namespace {

const char kThisCode = 0;

}  // namespace

// The dynamic linker knows a program by its call name, which may not be a path. Linux has the path
// in /proc.
std::vector<std::filesystem::path> files_with_this_code() {
  std::vector<std::filesystem::path> files;
  std::error_code failed;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", failed);
  Dl_info info{};
  if (::dladdr(&kThisCode, &info) != 0 && info.dli_fname != nullptr) {
    const auto file = std::filesystem::canonical(info.dli_fname, failed);
    if (!failed) files.push_back(file);
  }
  if (!program.empty() && std::find(files.begin(), files.end(), program) == files.end())
    files.push_back(program);
  return files;
}

}  // namespace orpheus
