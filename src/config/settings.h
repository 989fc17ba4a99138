#pragma once
// All settings of the program and the source of each. A plain value, for the main
// thread.

#include <map>
#include <string>

#include "base/log.h"
#include "http/options.h"
#include "library/options.h"
#include "lm/language_model.h"
#include "models/options.h"
#include "wyoming/options.h"

namespace orpheus::config {

// From the weakest to the strongest.
enum class Origin { kDefault, kProfile, kConfigFile, kEnvFile, kEnvironment, kFlag };

struct Source {
  Origin origin = Origin::kDefault;
  std::string where = {};  // "--port", "ORPHEUS_PORT", ".env", "config.toml, line 3"; may be empty
};

struct Settings {
  library::Options voice;
  http::Options server;
  wyoming::Options wyoming;
  lm::SamplingOptions sampling;
  models::Options models;
  log::Options log;
  int max_tokens = 8192;
  std::string server_keys_file;  // one key a line, added to server.keys
  std::string admin_keys_file;

  // By the setting's name. Settings without an entry have their defaults.
  std::map<std::string, Source> sources;
};

}  // namespace orpheus::config
