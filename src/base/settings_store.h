#pragma once
// The settings that may be listed and saved while the program runs. An interface; config/
// implements it. Safe from every thread.

#include <map>
#include <string>
#include <vector>

#include "base/result.h"

namespace orpheus {

class SettingsStore {
 public:
  virtual ~SettingsStore() = default;

  struct Entry {
    std::string name;
    std::string value;   // of a secret: empty if it is not set, else "***"
    std::string source;  // "flag", "environment", the file's name, "machine", or "default"
  };
  // Every setting that save() accepts, with the value that the next reload will use.
  virtual std::vector<Entry> list() const = 0;

  // Checks all changes, then stores all of them or none, for the next start or reload. Other
  // settings stay as they were. Errors: kUsage (a name that may not be set, a value out of range),
  // kIo.
  virtual Result<void> save(const std::map<std::string, std::string>& changes) = 0;
};

}  // namespace orpheus
