#include <array>
#include <cstddef>
#include <cstdio>
#include <span>

#include <dlfcn.h>
#include <sys/stat.h>

#include "base/own_files.h"
#include "base/regular_file.h"
#include "tensor/elf_file.h"
#include "tensor/module_file.h"

namespace orpheus::tensor {
namespace {

bool read_at(std::FILE* file, uint64_t offset, std::span<std::byte> bytes) {
  return ::fseeko(file, static_cast<off_t>(offset), SEEK_SET) == 0 &&
         std::fread(bytes.data(), 1, bytes.size(), file) == bytes.size();
}

// Of the program or library that this code is in. Zeros if it cannot be read.
std::array<std::byte, kElfIdentityBytes> own_identity() {
  std::array<std::byte, kElfIdentityBytes> identity{};
  const auto files = files_with_this_code();
  if (files.empty()) return identity;
  const auto file = open_regular_file(files.front());
  if (!file || !read_at(file->get(), 0, identity)) return {};
  return identity;
}

}  // namespace

std::optional<std::string> damage_of_module(const std::filesystem::path& file) {
  const auto opened = open_regular_file(file);
  if (!opened) return opened.error().what;
  static const auto own = own_identity();
  if (!is_elf(own)) return std::nullopt;
  struct stat status {};
  if (::fstat(::fileno(opened->get()), &status) != 0) return file.string() + " cannot be read";
  const auto read = [&](uint64_t offset, std::span<std::byte> bytes) {
    return read_at(opened->get(), offset, bytes);
  };
  const auto size = static_cast<uint64_t>(status.st_size);
  const auto damage = damage_of_library(size, read, own);
  if (!damage) return std::nullopt;
  return file.string() + " (" + std::to_string(size) + " bytes) is " + *damage;
}

std::optional<std::string> complaint_of_linker(const std::filesystem::path& file) {
  if (auto damage = damage_of_module(file)) return damage;
  void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return ::dlerror();
  ::dlclose(library);
  return std::nullopt;
}

std::optional<int> score_of_module(const std::filesystem::path& file) {
  if (damage_of_module(file)) return std::nullopt;
  void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return std::nullopt;
  std::optional<int> score;
  if (void* function = ::dlsym(library, "ggml_backend_score"))
    score = reinterpret_cast<int (*)()>(function)();
  ::dlclose(library);
  return score;
}

}  // namespace orpheus::tensor
