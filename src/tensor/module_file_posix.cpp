#include <dlfcn.h>

#include "tensor/module_file.h"

namespace orpheus::tensor {

std::optional<std::string> complaint_of_linker(const std::filesystem::path& file) {
  void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return ::dlerror();
  ::dlclose(library);
  return std::nullopt;
}

}  // namespace orpheus::tensor
