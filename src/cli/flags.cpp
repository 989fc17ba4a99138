// Flags that several commands share, made from the settings' descriptions.

#include <string>

#include "cli/checks.h"
#include "cli/command.h"
#include "config/setting.h"

namespace orpheus::cli {

CLI::Option* add_setting_flag(CLI::App& command, config::Settings& settings,
                              const std::string& name, const std::string& help) {
  const config::Setting& setting = *config::find_setting(name);
  const auto write = [&settings, &setting](const std::string& text) {
    const config::Source source{config::Origin::kFlag, setting.flag};
    if (const auto written = config::write(settings, setting, text, source); !written) {
      const Error& error = written.error();
      throw CLI::ValidationError(setting.flag,
                                 "expected " + error.expected + ", found " + error.found);
    }
  };
  const std::string text = (help.empty() ? setting.help : help) + " [" + setting.variable + "]";
  if (setting.value_name.empty())
    return command.add_flag_callback(
        setting.flag, [write] { write("1"); }, text);
  const std::string allowed = setting.allowed.empty() ? "" : ":" + setting.allowed;
  // Checks every given value; only the last one counts.
  const auto check = [&setting](const std::string& value) {
    config::Settings scratch;
    const auto read = config::write(scratch, setting, value, {config::Origin::kFlag, setting.flag});
    return read ? "" : "expected " + read.error().expected + ", found " + read.error().found;
  };
  return command.add_option_function<std::string>(setting.flag, write, text)
      ->check(check)
      ->type_name(setting.value_name + allowed)
      ->default_str(shown_value(settings, setting));
}

namespace {

// The heading of the flags in a command's help.
const char* heading_of(config::Group group) {
  switch (group) {
    case config::Group::kVoice: return "Model and machine";
    case config::Group::kSampling: return "Sampling";
    case config::Group::kServer: return "Server";
    case config::Group::kModels: return "Downloads";
  }
  return "Options";
}

}  // namespace

void add_group_flags(CLI::App& command, config::Settings& settings, config::Group group) {
  for (const config::Setting& setting : config::all_settings()) {
    // Everybody on the machine can read a command line, so secrets have no flags.
    if (setting.group == group && setting.exposure != config::Exposure::kSecret)
      add_setting_flag(command, settings, setting.name)->group(heading_of(group));
  }
}

void add_model_flag(CLI::App& command, config::Settings& settings) {
  add_setting_flag(command, settings, "model");
}

void add_codec_flag(CLI::App& command, config::Settings& settings) {
  add_setting_flag(command, settings, "codec");
}

void add_device_flags(CLI::App& command, config::Settings& settings, const std::string& threads) {
  add_setting_flag(command, settings, "device");
  add_setting_flag(command, settings, "threads", threads);
  for (const char* name : {"matrix_precision", "graph_replay"})
    add_setting_flag(command, settings, name);
}

void add_engine_flags(CLI::App& command, config::Settings& settings) {
  for (const char* name : {"kv_cache", "reproducible"}) add_setting_flag(command, settings, name);
}

}  // namespace orpheus::cli
