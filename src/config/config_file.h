#pragma once
// The file of settings in TOML, with keys at the top level (names: setting.h). A plain value.
//
//   port = 5005
//   model = "orpheus.gguf"
//   server_keys = ["one", "another"]

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/setting.h"

namespace orpheus::config {

class ConfigFile {
 public:
  // Parses any bytes. `where` names the file in errors: kUsage (not TOML; an unknown key, with a
  // suggestion; a value that is not a text, number, switch or list of these), kLimit (more than 1
  // MiB).
  static Result<ConfigFile> parse(std::string_view text, std::string_view where);

  // Errors: those of parse, kNotFound, kIo, kBadFile (a folder, a FIFO).
  static Result<ConfigFile> read(const std::filesystem::path& path);

  struct Entry {
    std::string text;  // in the form of Setting::write
    int line = 0;
  };
  // Nothing if the file does not have the key, or has "".
  std::optional<Entry> value(const Setting& setting) const;

  // Keys with the value "".
  std::optional<Entry> empty_value(const Setting& setting) const;

  // "PATH, line 3".
  std::string where(const Entry& entry) const;
  const std::string& name() const { return where_; }

 private:
  std::string where_;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace orpheus::config
