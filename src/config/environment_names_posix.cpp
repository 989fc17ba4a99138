#include <string_view>

#include <unistd.h>

#include "config/environment.h"

namespace orpheus::config {

std::vector<std::string> own_names_of_process() {
  std::vector<std::string> names;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view variable = *entry;
    if (variable.starts_with("ORPHEUS_"))
      names.emplace_back(variable.substr(0, variable.find('=')));
  }
  return names;
}

}  // namespace orpheus::config
