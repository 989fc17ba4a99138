#pragma once
// The file of settings, in TOML: keys at its top level, named as setting.h says. A plain value.
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
  // Any bytes may be given. `where` names the file in errors: kUsage (not TOML, a key that is no
  // setting, with the one that was meant; a value that is no text, number, switch or list of such),
  // kLimit (more than 1 MiB).
  static Result<ConfigFile> parse(std::string_view text, std::string_view where);

  // Errors: those of parse, kNotFound, kIo, kBadFile (a folder, a FIFO).
  static Result<ConfigFile> read(const std::filesystem::path& path);

  struct Entry {
    std::string text;  // as Setting::write takes it
    int line = 0;
  };
  // Nothing where the file does not say, or says "".
  std::optional<Entry> value(const Setting& setting) const;

  // Where the file says "".
  std::optional<Entry> empty_value(const Setting& setting) const;

  // "PATH, line 3".
  std::string where(const Entry& entry) const;
  const std::string& name() const { return where_; }

 private:
  std::string where_;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace orpheus::config
