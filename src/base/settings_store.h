#pragma once
// Settings that are kept and may be looked at and changed while the program runs, whoever keeps
// them (config/ implements it). Safe from every thread.

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
    std::string value;   // of a secret: empty where it is not set, else "***"
    std::string source;  // "flag", "environment", the file's name, "machine", or "default"
  };
  // Every setting that save() takes, as the next reload takes it up.
  virtual std::vector<Entry> list() const = 0;

  // Checks all of them, then keeps them for the next start or reload: all, or none. What is not
  // named stays as it was. Errors: kUsage (a name that may not be set, a value that is not usable),
  // kIo.
  virtual Result<void> save(const std::map<std::string, std::string>& changes) = 0;
};

}  // namespace orpheus
