#pragma once
// A command of the program: it adds its flags to the parser and says what to run when it is chosen.
// All of it is for the main thread.

#include <functional>
#include <string>

#include <CLI/CLI.hpp>

#include "base/result.h"
#include "config/settings.h"

namespace orpheus::cli {

using Action = std::function<Result<void>()>;

// What the chosen command will do; set by the parser's callbacks.
struct Chosen {
  Action action;
  // Reads environment, .env and flags once more, for a command that takes up changes as it runs.
  std::function<Result<config::Settings>()> settings_again = {};
};

// Each lives in a file of its name. settings and chosen outlive the parser's run.
void add_say(CLI::App& program, config::Settings& settings, Chosen& chosen);
void add_serve(CLI::App& program, config::Settings& settings, Chosen& chosen);
void add_voices(CLI::App& program, config::Settings& settings, Chosen& chosen);
void add_devices(CLI::App& program, Chosen& chosen);
void add_tokenize(CLI::App& program, config::Settings& settings, Chosen& chosen);
void add_generate(CLI::App& program, config::Settings& settings, Chosen& chosen);
void add_codec(CLI::App& program, config::Settings& settings, Chosen& chosen);
void add_codec_encode(CLI::App& codec, config::Settings& settings, Chosen& chosen);
void add_convert(CLI::App& program, Chosen& chosen);
void add_bench(CLI::App& program, config::Settings& settings, Chosen& chosen);
void add_synth_voice(CLI::App& program, Chosen& chosen);

// Flags that several commands share.
void add_model_flag(CLI::App& command, config::Settings& settings);
void add_codec_flag(CLI::App& command, config::Settings& settings);
void add_lm_url_flag(CLI::App& command, config::Settings& settings);
// --device, and --threads with what they do here.
void add_device_flags(CLI::App& command, config::Settings& settings,
                      const std::string& threads =
                          "Threads of the language model at most, fewer while others want the "
                          "cores; 0 is one for each core");
void add_engine_flags(CLI::App& command, config::Settings& settings);
void add_sampling_flags(CLI::App& command, config::Settings& settings);
void add_max_tokens_flag(CLI::App& command, config::Settings& settings);

}  // namespace orpheus::cli
