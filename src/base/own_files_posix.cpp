#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>

#include <dlfcn.h>

#include "base/own_files.h"

namespace orpheus {
namespace {

namespace fs = std::filesystem;

const char kThisCode = 0;

// Whether a line of /proc/self/maps ("START-END rights …") is about this address.
bool holds(std::string_view line, uintptr_t address) {
  constexpr int kHexadecimal = 16;
  uintptr_t start = 0;
  uintptr_t end = 0;
  const char* const stop = line.data() + line.size();
  const auto first = std::from_chars(line.data(), stop, start, kHexadecimal);
  if (first.ec != std::errc() || first.ptr == stop || *first.ptr != '-') return false;
  const auto second = std::from_chars(first.ptr + 1, stop, end, kHexadecimal);
  return second.ec == std::errc() && start <= address && address < end;
}

// Linux: the file that is mapped at this address. The kernel gives its absolute path.
fs::path mapped_file_at(uintptr_t address) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (!holds(line, address)) continue;
    const size_t path = line.find('/');
    return path == std::string::npos ? fs::path() : fs::path(line.substr(path));
  }
  return {};
}

// Where there is no /proc. The dynamic linker knows a program by its call name and a library by the
// name that was asked for. A relative one means a file of the folder that was current then.
fs::path linked_file_at(const void* address) {
  Dl_info info{};
  if (::dladdr(address, &info) == 0 || info.dli_fname == nullptr) return {};
  return info.dli_fname;
}

}  // namespace

std::vector<fs::path> files_with_this_code() {
  std::error_code failed;
  fs::path code = mapped_file_at(reinterpret_cast<uintptr_t>(&kThisCode));
  if (code.empty()) code = linked_file_at(&kThisCode);
  std::vector<fs::path> files;
  for (const fs::path& file : {code, fs::read_symlink("/proc/self/exe", failed)}) {
    if (!file.is_absolute()) continue;  // the current folder may be a stranger's
    const fs::path resolved = fs::canonical(file, failed);
    if (!failed && std::find(files.begin(), files.end(), resolved) == files.end())
      files.push_back(resolved);
  }
  return files;
}

}  // namespace orpheus
