#pragma once
// The process's environment: the only place that reads it. For the main thread, before others
// start.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/env_file.h"

namespace orpheus::config {

// The value of a variable, if it is set. One that is set and empty counts as not set.
using Environment = std::function<std::optional<std::string>(const char* name)>;

Environment process_environment();
// Of the process, the names that begin with ORPHEUS_.
std::vector<std::string> own_names_of_process();

// Those of them whose value is empty.
std::vector<std::string> empty_names_of_process();

// What the first has, and of the rest what the second has.
Environment layered(Environment first, Environment second);
Environment environment_of(EnvFile file);

// ORPHEUS_ENV_FILE, or .env in the folder that the program was started in.
std::filesystem::path env_file_path(const Environment& environment);

// Where the file of settings is looked for, the first that is there: ORPHEUS_CONFIG alone, or else
// orpheus/config.toml in XDG_CONFIG_HOME (HOME/.config) and in /etc.
std::vector<std::filesystem::path> config_file_paths(const Environment& environment);

// A path as people write it: "~" and "~/…" are in HOME, where that is set.
std::string with_home(const Environment& environment, std::string path);

// Whether a variable that begins with ORPHEUS_ means anything to us; where not, the one that was
// meant (may be empty).
bool is_known_variable(std::string_view name);
std::string_view meant_variable(std::string_view name);

}  // namespace orpheus::config
