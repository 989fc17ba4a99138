// Input: any bytes as a TOML settings file. The program reads or refuses the file and each of its
// values, and never crashes.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/layers.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace orpheus::config;
  auto file =
      ConfigFile::parse(std::string_view(reinterpret_cast<const char*>(data), size), "fuzz.toml");
  if (!file) {
    if (file.error().message().empty()) std::abort();
    return 0;
  }
  // Skipped, because the program would open any file that the input names.
  for (const char* name : {"server_keys_file", "admin_keys_file"})
    if (file->value(*find_setting(name))) return 0;
  const auto settings = settings_from({.config_file = std::move(*file)});
  if (!settings && settings.error().message().empty()) std::abort();
  return 0;
}
