// Input: any bytes as a .env file. It is read or refused, never a crash. Writing it again gives the
// same bytes, and a value that was set can be read again.

#include <cstdint>
#include <string>
#include <string_view>

#include "config/env_file.h"
#include "require.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using orpheus::config::EnvFile;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto file = EnvFile::parse(text);
  if (!file) {
    require(!file.error().message().empty());
    return 0;
  }
  std::string written(text);
  if (!written.empty() && !written.ends_with('\n')) written += '\n';
  require(file->text() == written);

  std::string value(text.substr(0, text.find('\n')));
  std::erase_if(value, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  file->set("ORPHEUS_MODEL_NAME", value);
  const auto again = EnvFile::parse(file->text());
  require(again.has_value() && again->value("ORPHEUS_MODEL_NAME") == value);
  return 0;
}
