#pragma once
// The commands of the program. A command adds its flags to the parser and sets the function to run.
// For the main thread.

#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/result.h"
#include "config/layers.h"
#include "config/setting.h"
#include "config/settings.h"

namespace orpheus::cli {

using Action = std::function<Result<void>()>;

// The chosen command's function; set by the parser's callbacks.
struct Chosen {
  Action action;
  // Reads environment, files and flags again, for a command that applies changes while it runs.
  std::function<Result<config::Settings>()> settings_again = {};
  // Whether names of models are resolved to files before the action runs.
  bool finds_models = true;
  // Whether it may read or write the data folder, which is claimed before the action runs.
  bool uses_data_folder = true;
  config::Layers layers = {};  // that the settings were read from
  // A command that reports wrong settings itself runs without them.
  bool tells_wrong_settings = false;
  std::vector<Error> wrong_settings = {};
  bool is_verbose = false;
  // A command whose lines obey log_level and log_format.
  bool logs_as_set = false;
};

// Each is in the file of its name. settings and chosen must outlive the parser's run.
void add_say(CLI::App& program, config::Settings& settings, Chosen& chosen);
void add_serve(CLI::App& program, config::Settings& settings, Chosen& chosen);
void add_voices(CLI::App& program, config::Settings& settings, Chosen& chosen);
void add_devices(CLI::App& program, Chosen& chosen);
void add_doctor(CLI::App& program, config::Settings& settings, Chosen& chosen);
void add_tokenize(CLI::App& program, config::Settings& settings, Chosen& chosen);
void add_normalize(CLI::App& program, config::Settings& settings, Chosen& chosen);
void add_generate(CLI::App& program, config::Settings& settings, Chosen& chosen);
void add_codec(CLI::App& program, config::Settings& settings, Chosen& chosen);
void add_codec_encode(CLI::App& codec, config::Settings& settings, Chosen& chosen);
void add_convert(CLI::App& program, Chosen& chosen);
void add_quantize(CLI::App& program, Chosen& chosen);
void add_pull(CLI::App& program, config::Settings& settings, Chosen& chosen);
void add_models(CLI::App& program, config::Settings& settings, Chosen& chosen);
void add_align(CLI::App& program, config::Settings& settings, Chosen& chosen);
void add_bench(CLI::App& program, config::Settings& settings, Chosen& chosen);
void add_synth_voice(CLI::App& program, Chosen& chosen);
// These two speak of the whole program, which outlives them.
void add_completions(CLI::App& program, Chosen& chosen);
void add_manual(CLI::App& program, Chosen& chosen);

// Adds a setting's flag, by the setting's name; an empty help means the setting's own.
CLI::Option* add_setting_flag(CLI::App& command, config::Settings& settings,
                              const std::string& name, const std::string& help = {});
// Adds the flags of all settings of a group, except secrets.
void add_group_flags(CLI::App& command, config::Settings& settings, config::Group group);

// Flags that the commands for builders share.
void add_model_flag(CLI::App& command, config::Settings& settings);
void add_codec_flag(CLI::App& command, config::Settings& settings);
// Adds --device and --threads; threads, if not empty, replaces the setting's help.
void add_device_flags(CLI::App& command, config::Settings& settings,
                      const std::string& threads = {});
void add_engine_flags(CLI::App& command, config::Settings& settings);

}  // namespace orpheus::cli
