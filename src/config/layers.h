#pragma once
// Where settings come from, the strongest first: flags (which the commands write over all of this),
// the process's environment, .env, the file of settings; below them what the machine suggests (see
// apply_profile) and the defaults. For the main thread.

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
  // Why the .env in the current folder does not count, where it does not.
  std::optional<Error> refused_env_file = {};
  ConfigFile config_file = {};

  struct Given {
    std::string text;
    Source source;
  };
  // What the strongest layer says that says anything.
  std::optional<Given> find(const Setting& setting) const;
};

// The process's environment, the .env file that it names, and the file of settings: config_file,
// or, where that is empty, the first of config_file_paths() that is there. Errors: those of
// EnvFile::read_trusted (EnvFile::read, where ORPHEUS_ENV_FILE names the file) and
// ConfigFile::read; kUsage (a name in .env that begins with ORPHEUS_ and is no setting).
Result<Layers> read_layers(const Environment& process, const std::filesystem::path& config_file);
// The same for a report: a layer that cannot be used is left out, and what is wrong added to
// `wrong`.
Layers read_layers(const Environment& process, const std::filesystem::path& config_file,
                   std::vector<Error>& wrong);

// Settings that are set and empty in every layer that names them, and that somebody may have
// expected to count: a sentence for each, for the log. empty_variables: of the process's
// environment.
std::vector<std::string> told_of(const Layers& layers,
                                 const std::vector<std::string>& empty_variables);

// What follows from settings that are given, whoever gave them: keys that stand in files, the
// model's name for servers elsewhere. May be called again. Errors: kNotFound, kUsage (a file of
// keys).
Result<void> complete(Settings& settings);

// A data folder below the one for temporary files is made, or must be this user's alone: anybody
// may have put one there, with models in it. Call before the folder is used. Errors: kIo.
Result<void> claim_data_folder(const Settings& settings);

// Defaults, with what the layers say, complete. Besides the settings: XDG_DATA_HOME, HOME, TMPDIR
// say where data is kept (…/orpheus, by the first that is set). Errors: kUsage, naming the setting
// and where it came from; kNotFound (a file of keys).
Result<Settings> settings_from(const Layers& layers);
// The same for a report: what cannot be used is left out, and what is wrong added to `wrong`.
Settings settings_from(const Layers& layers, std::vector<Error>& wrong);

}  // namespace orpheus::config
