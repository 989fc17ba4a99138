#include "config/layers.h"

#include <algorithm>
#include <system_error>
#include <utility>
#include <vector>

#include "base/private_folder.h"
#include "base/regular_file.h"
#include "base/user.h"
#include "config/kinds.h"

namespace orpheus::config {
namespace {

// The value, or its default after noting the error.
template <typename Value>
Result<Value> keep(Result<Value> result, std::vector<Error>& wrong) {
  if (!result) wrong.push_back(result.error());
  return result;
}

// Expands paths with the environment's home.
std::string in_home(const Environment& environment, const Setting& setting, std::string text) {
  if (!setting.is_path) return text;
  if (!setting.is_list) return with_home(environment, std::move(text));
  if (holds_only_separators(text)) return text;  // so that write() refuses it
  std::vector<std::string> entries = read_list(text, ',');
  for (std::string& entry : entries) entry = with_home(environment, std::move(entry));
  return joined(entries);
}

// Reads a file of keys: one key a line; '#' begins a comment.
Result<void> add_keys_of_file(const std::string& path, std::vector<std::string>& keys) {
  constexpr size_t kMaxBytes = 1U << 20U;
  if (path.empty()) return {};
  const auto file = open_regular_file(path);
  if (!file) {
    return fail({.kind = ErrorKind::kNotFound,
                 .what = "the key file '" + path + "' cannot be read",
                 .expected = "one key per line",
                 .found = file.error().found,
                 .remedy = "Check the path and the file's permissions."});
  }
  ORPHEUS_TRY(const std::string text, read_all(file->get(), kMaxBytes, path));
  if (text.size() > kMaxBytes) {
    return fail({.kind = ErrorKind::kLimit,
                 .what = "the key file '" + path + "' is too large",
                 .expected = "at most 1 MiB"});
  }
  bool has_keys = false;
  for (std::string& line : read_list(text, '\n')) {
    if (line.starts_with('#') || holds_only_separators(line)) continue;
    has_keys = true;
    if (std::find(keys.begin(), keys.end(), line) == keys.end()) keys.push_back(std::move(line));
  }
  if (!has_keys) {  // an empty file must not let everybody in
    return fail({.kind = ErrorKind::kUsage,
                 .what = "the key file '" + path + "' contains no keys",
                 .expected = "one key per line"});
  }
  return {};
}

void choose_data_folder(const Environment& environment, Settings& settings) {
  std::filesystem::path& folder = settings.voice.data_folder;
  if (const auto data = environment("XDG_DATA_HOME")) {
    folder = std::filesystem::path(*data) / "orpheus";
  } else if (const auto home = environment("HOME")) {
    folder = std::filesystem::path(*home) / ".local" / "share" / "orpheus";
  } else {
    folder =
        std::filesystem::path(environment("TMPDIR").value_or("/tmp")) / name_with_user("orpheus");
    settings.voice.data_folder_is_temporary = true;
  }
}

Result<void> check_names(const EnvFile& file, const std::string& where) {
  for (const std::string& name : file.names()) {
    if (!name.starts_with("ORPHEUS_") || is_known_variable(name)) continue;
    const std::string_view meant = meant_variable(name);
    return fail({.kind = ErrorKind::kUsage,
                 .what = where + ": there is no setting '" + name + "'",
                 .expected = std::string(meant),
                 .remedy = meant.empty() ? "'orpheus doctor' lists all settings." : ""});
  }
  return {};
}

// Names that other programs use; our own variables win.
void read_others_variables(const Environment& environment, Settings& settings) {
  const auto read = [&](const char* setting, const char* variable, std::string& target) {
    const auto value = environment(variable);
    if (!value || settings.sources.contains(setting)) return;
    target = *value;
    settings.sources[setting] = {Origin::kEnvironment, variable};
  };
  read("hub_url", "HF_ENDPOINT", settings.models.hub_url);
  read("hub_token", "HF_TOKEN", settings.models.token);
  // In curl's order.
  read("ca_certificates", "CURL_CA_BUNDLE", settings.voice.remote.ca_certificates);
  read("ca_certificates", "SSL_CERT_FILE", settings.voice.remote.ca_certificates);
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

std::vector<std::string> told_of(const Layers& layers,
                                 const std::vector<std::string>& empty_variables) {
  std::vector<std::string> warnings;
  const auto add = [&](const Setting& setting, const Source& source) {
    if (!setting.tells_empty || layers.find(setting)) return;
    warnings.push_back(described(setting, source) + " is empty and treated as not set");
  };
  for (const Setting& setting : all_settings()) {
    const auto& names = empty_variables;
    const auto in_file = layers.env_file.value(setting.variable);
    if (std::find(names.begin(), names.end(), setting.variable) != names.end()) {
      add(setting, {Origin::kEnvironment, setting.variable});
    } else if (in_file && in_file->empty()) {
      add(setting, {Origin::kEnvFile, layers.env_file_name});
    } else if (const auto entry = layers.config_file.empty_value(setting)) {
      add(setting, {Origin::kConfigFile, layers.config_file.where(*entry)});
    }
  }
  return warnings;
}

Layers read_layers(const Environment& process, const std::filesystem::path& config_file,
                   std::vector<Error>& wrong) {
  Layers layers{.process = process};
  const std::filesystem::path env_file = env_file_path(process);
  layers.env_file_name = env_file.string();
  if (process("ORPHEUS_ENV_FILE")) {
    if (auto read = keep(EnvFile::read(env_file), wrong)) layers.env_file = *std::move(read);
  } else if (auto read = keep(EnvFile::read_trusted(env_file), wrong)) {
    layers.env_file = std::move(read->file);
    layers.refused_env_file = std::move(read->refusal);
  }
  keep(check_names(layers.env_file, layers.env_file_name), wrong);
  const Environment environment = layered(process, environment_of(layers.env_file));
  const bool is_named = !config_file.empty() || environment("ORPHEUS_CONFIG").has_value();
  const auto paths = config_file.empty() ? config_file_paths(environment)
                                         : std::vector<std::filesystem::path>{config_file};
  for (const auto& path : paths) {
    std::error_code error;
    if (!is_named && !std::filesystem::exists(path, error)) continue;
    if (auto read = keep(ConfigFile::read(path), wrong)) layers.config_file = *std::move(read);
    break;
  }
  return layers;
}

Result<Layers> read_layers(const Environment& process, const std::filesystem::path& config_file) {
  std::vector<Error> wrong;
  Layers layers = read_layers(process, config_file, wrong);
  if (!wrong.empty()) return fail(wrong.front());
  return layers;
}

Result<void> complete(Settings& settings) {
  settings.voice.remote.model = settings.server.model_name;
  if (const auto given = settings.sources.find("ca_certificates"); given != settings.sources.end())
    settings.voice.remote.ca_certificates_given_by =
        described(*find_setting(given->first), given->second);
  auto keys = add_keys_of_file(settings.server_keys_file, settings.server.keys);
  auto admin_keys = add_keys_of_file(settings.admin_keys_file, settings.server.admin_keys);
  return keys ? admin_keys : keys;
}

Result<void> claim_data_folder(const Settings& settings) {
  if (!settings.voice.data_folder_is_temporary) return {};
  return make_private_folder(settings.voice.data_folder);
}

Settings settings_from(const Layers& layers, std::vector<Error>& wrong) {
  Settings settings;
  const Environment environment = layered(layers.process, environment_of(layers.env_file));
  for (const Setting& setting : all_settings()) {
    const auto given = layers.find(setting);
    if (!given) continue;
    const std::string text = in_home(environment, setting, given->text);
    keep(write(settings, setting, text, given->source), wrong);
  }
  read_others_variables(environment, settings);
  keep(complete(settings), wrong);
  choose_data_folder(environment, settings);
  if (settings.server.outputs_folder.empty())
    settings.server.outputs_folder = settings.voice.data_folder / "outputs";
  return settings;
}

Result<Settings> settings_from(const Layers& layers) {
  std::vector<Error> wrong;
  Settings settings = settings_from(layers, wrong);
  if (!wrong.empty()) return fail(wrong.front());
  return settings;
}

}  // namespace orpheus::config
