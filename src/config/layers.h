#pragma once
// The sources of settings, the strongest first: flags (which the commands apply on top), the
// process's environment, .env, the file of settings, the machine's profile (see apply_profile), the
// defaults. For the main thread.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/config_file.h"
#include "config/env_file.h"
#include "config/environment.h"
#include "config/setting.h"
#include "config/settings.h"

namespace orpheus::config {

struct Layers {
  Environment process = [](const char* /*name*/) { return std::nullopt; };
  EnvFile env_file = {};
  std::string env_file_name = ".env";
  // The reason if the .env of the current folder is not trusted.
  std::optional<Error> refused_env_file = {};
  ConfigFile config_file = {};

  struct Given {
    std::string text;
    Source source;
  };
  // The value of the strongest layer that has one.
  std::optional<Given> find(const Setting& setting) const;
};

// Reads the process's environment, its .env file, and the file of settings: config_file, or, if
// that is empty, the first existing path of config_file_paths(). Errors: those of
// EnvFile::read_trusted (EnvFile::read, where ORPHEUS_ENV_FILE names the file) and
// ConfigFile::read; kUsage (a name in .env that begins with ORPHEUS_ and is not a setting).
Result<Layers> read_layers(const Environment& process, const std::filesystem::path& config_file);
// The same for a report: an unusable layer is left out, and its error is added to
// `wrong`.
Layers read_layers(const Environment& process, const std::filesystem::path& config_file,
                   std::vector<Error>& wrong);

// A log sentence for each setting that is empty in every layer that names it, if
// the user may have expected a value. empty_variables: of the process's
// environment.
std::vector<std::string> told_of(const Layers& layers,
                                 const std::vector<std::string>& empty_variables);

// Applies consequences of settings: reads files of keys, and sets the model's name
// for remote servers. May be called again. Errors: kNotFound, kUsage (a file of
// keys).
Result<void> complete(Settings& settings);

// Makes a data folder below the folder for temporary files, or checks that it belongs to this user
// only; others could put models there. Call before the folder is used. Errors: kIo.
Result<void> claim_data_folder(const Settings& settings);

// The complete settings: defaults and the layers' values. The data folder is orpheus in the first
// of XDG_DATA_HOME and HOME that is set, else orpheus-UID in TMPDIR or /tmp. Errors: kUsage (with
// the setting and its source); kNotFound (a file of keys).
Result<Settings> settings_from(const Layers& layers);
// The same for a report: unusable values are left out, and their errors are added to `wrong`.
Settings settings_from(const Layers& layers, std::vector<Error>& wrong);

}  // namespace orpheus::config
