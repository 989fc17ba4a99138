#pragma once
// A command of the program: it adds its flags to the parser and says what to run when it is chosen.
// All of it is for the main thread.

#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/result.h"
#include "config/layers.h"
#include "config/setting.h"
#include "config/settings.h"
#include "snac/options.h"

namespace orpheus::cli {

using Action = std::function<Result<void>()>;

// What the chosen command will do; set by the parser's callbacks.
struct Chosen {
  Action action;
  // Reads environment, files and flags once more, for a command that takes up changes as it runs.
  std::function<Result<config::Settings>()> settings_again = {};
  // Models that are named, or chosen by 'orpheus models use', are found before the action runs.
  bool finds_models = true;
  config::Layers layers = {};  // that the settings were read from
  // A command that tells itself what is wrong with the settings runs without those that are.
  bool tells_wrong_settings = false;
  std::vector<Error> wrong_settings = {};
  bool is_verbose = false;
  // A command whose lines obey log_level and log_format.
  bool logs_as_set = false;
};

// Each lives in a file of its name. settings and chosen outlive the parser's run.
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
void add_bench(CLI::App& program, config::Settings& settings, Chosen& chosen);
void add_synth_voice(CLI::App& program, Chosen& chosen);
// These two speak of the whole program, which outlives them.
void add_completions(CLI::App& program, Chosen& chosen);
void add_manual(CLI::App& program, Chosen& chosen);

// The flag of a setting, by the setting's name, with the setting's own help where help is empty.
CLI::Option* add_setting_flag(CLI::App& command, config::Settings& settings,
                              const std::string& name, const std::string& help = {});
// Those of all settings of a group, but for secrets.
void add_group_flags(CLI::App& command, config::Settings& settings, config::Group group);

// Those that commands of builders share.
void add_model_flag(CLI::App& command, config::Settings& settings);
void add_codec_flag(CLI::App& command, config::Settings& settings);
void add_arithmetic_flag(CLI::App& command, const std::string& name, snac::Arithmetic& arithmetic);
// --device, and --threads with what they do here, where that is something else.
void add_device_flags(CLI::App& command, config::Settings& settings,
                      const std::string& threads = {});
void add_engine_flags(CLI::App& command, config::Settings& settings);

}  // namespace orpheus::cli
