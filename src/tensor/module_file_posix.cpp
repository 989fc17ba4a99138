#include <dlfcn.h>

#include "tensor/module_file.h"

namespace orpheus::tensor {

std::optional<std::string> complaint_of_linker(const std::filesystem::path& file) {
  void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return ::dlerror();
  ::dlclose(library);
  return std::nullopt;
}

std::optional<int> score_of_module(const std::filesystem::path& file) {
  void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return std::nullopt;
  std::optional<int> score;
  if (void* function = ::dlsym(library, "ggml_backend_score"))
    score = reinterpret_cast<int (*)()>(function)();
  ::dlclose(library);
  return score;
}

}  // namespace orpheus::tensor
