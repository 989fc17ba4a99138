#pragma once
// Reads the process's environment; no other code does. For the main thread, before others
// start.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/env_file.h"

namespace orpheus::config {

// The value of a variable. A variable that is set and empty counts as not set.
using Environment = std::function<std::optional<std::string>(const char* name)>;

// Without HOME, its value is the home in the system's list of users.
Environment process_environment();
// The process's variables that begin with ORPHEUS_.
std::vector<std::string> own_names_of_process();

// The names among these whose value is empty.
std::vector<std::string> empty_names_of_process();

// Looks a variable up in the first, then in the second.
Environment layered(Environment first, Environment second);
Environment environment_of(EnvFile file);

// The path in ORPHEUS_ENV_FILE, or .env in the current folder.
std::filesystem::path env_file_path(const Environment& environment);

// The paths of the file of settings; the first existing one counts. Only ORPHEUS_CONFIG if it is
// set; else orpheus/config.toml in XDG_CONFIG_HOME (HOME/.config) and in /etc.
std::vector<std::filesystem::path> config_file_paths(const Environment& environment);

// Expands "~" and "~/…" in a path to HOME, if HOME is set.
std::string with_home(const Environment& environment, std::string path);

// Whether a variable that begins with ORPHEUS_ is known. If not, a suggestion (may be
// empty).
bool is_known_variable(std::string_view name);
std::string_view meant_variable(std::string_view name);

}  // namespace orpheus::config
