#include "config/layers.h"

#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>
#include <vector>

#include "config/kinds.h"

namespace orpheus::config {
namespace {

// A file of keys: one a line, '#' begins a comment.
Result<void> add_keys_of_file(const std::string& path, std::vector<std::string>& keys) {
  if (path.empty()) return {};
  std::error_code error;
  std::ifstream in(path, std::ios::binary);
  if (!in || !std::filesystem::is_regular_file(path, error)) {  // reading a folder would throw
    return fail({.kind = ErrorKind::kNotFound,
                 .what = "the file of keys '" + path + "' cannot be read",
                 .expected = "one key a line"});
  }
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const size_t before = keys.size();
  for (std::string& line : read_list(text, '\n')) {
    if (!line.starts_with('#')) keys.push_back(std::move(line));
  }
  if (keys.size() == before) {  // an empty file must not open the door
    return fail({.kind = ErrorKind::kUsage,
                 .what = "the file of keys '" + path + "' holds none",
                 .expected = "one key a line"});
  }
  return {};
}

std::filesystem::path data_folder(const Environment& environment) {
  if (const auto data = environment("XDG_DATA_HOME"))
    return std::filesystem::path(*data) / "orpheus";
  if (const auto home = environment("HOME"))
    return std::filesystem::path(*home) / ".local" / "share" / "orpheus";
  return std::filesystem::path(environment("TMPDIR").value_or("/tmp")) / "orpheus";
}

Result<void> check_names(const EnvFile& file, const std::string& where) {
  for (const std::string& name : file.names()) {
    if (!name.starts_with("ORPHEUS_") || is_known_variable(name)) continue;
    const std::string_view meant = meant_variable(name);
    return fail({.kind = ErrorKind::kUsage,
                 .what = where + ": there is no setting '" + name + "'",
                 .expected = std::string(meant),
                 .remedy = meant.empty() ? "'orpheus doctor' lists them all." : ""});
  }
  return {};
}

// As the hub's own programs call them; ours win.
void read_hub_variables(const Environment& environment, Settings& settings) {
  const auto read = [&](const char* setting, const char* variable, std::string& target) {
    const auto value = environment(variable);
    if (value && !settings.sources.contains(setting)) target = *value;
  };
  read("hub_url", "HF_ENDPOINT", settings.models.hub_url);
  read("hub_token", "HF_TOKEN", settings.models.token);
}

}  // namespace

std::optional<Layers::Given> Layers::find(const Setting& setting) const {
  const char* variable = setting.variable.c_str();
  if (auto value = process(variable))
    return Given{std::move(*value), {Origin::kEnvironment, setting.variable}};
  if (auto value = env_file.value(variable); value && !value->empty())
    return Given{std::move(*value), {Origin::kEnvFile, env_file_name}};
  if (const auto entry = config_file.value(setting))
    return Given{entry->text, {Origin::kConfigFile, config_file.where(*entry)}};
  return std::nullopt;
}

Result<Layers> read_layers(const Environment& process, const std::filesystem::path& config_file) {
  Layers layers{.process = process};
  const std::filesystem::path env_file = env_file_path(process);
  layers.env_file_name = env_file.string();
  ORPHEUS_TRY(layers.env_file, EnvFile::read(env_file));
  ORPHEUS_CHECK(check_names(layers.env_file, layers.env_file_name));
  const Environment environment = layered(process, environment_of(layers.env_file));
  const bool is_named = !config_file.empty() || environment("ORPHEUS_CONFIG").has_value();
  const auto paths = config_file.empty() ? config_file_paths(environment)
                                         : std::vector<std::filesystem::path>{config_file};
  for (const auto& path : paths) {
    std::error_code error;
    if (!is_named && !std::filesystem::exists(path, error)) continue;
    ORPHEUS_TRY(layers.config_file, ConfigFile::read(path));
    break;
  }
  return layers;
}

Result<Settings> settings_from(const Layers& layers) {
  Settings settings;
  for (const Setting& setting : all_settings()) {
    if (const auto given = layers.find(setting))
      ORPHEUS_CHECK(write(settings, setting, given->text, given->source));
  }
  const Environment environment = layered(layers.process, environment_of(layers.env_file));
  read_hub_variables(environment, settings);
  ORPHEUS_CHECK(add_keys_of_file(settings.server_keys_file, settings.server.keys));
  ORPHEUS_CHECK(add_keys_of_file(settings.admin_keys_file, settings.server.admin_keys));
  settings.voice.remote.model = settings.server.model_name;
  settings.voice.data_folder = data_folder(environment);
  if (settings.server.outputs_folder.empty())
    settings.server.outputs_folder = settings.voice.data_folder / "outputs";
  return settings;
}

}  // namespace orpheus::config
