#include "config/environment.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "base/nearest_name.h"
#include "base/user.h"
#include "config/setting.h"

namespace orpheus::config {
namespace {

// Not settings themselves, but places of settings.
constexpr std::array<std::string_view, 2> kPlaces = {"ORPHEUS_CONFIG", "ORPHEUS_ENV_FILE"};

constexpr const char* kHome = "HOME";

}  // namespace

Environment process_environment() {
  return [](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(
        name);  // NOLINT(concurrency-mt-unsafe): nothing of ours changes the environment
    if (value != nullptr && *value != '\0') return std::string(value);
    if (std::string_view(name) != kHome) return std::nullopt;
    const auto home = listed_home();
    return home ? std::optional(home->string()) : std::nullopt;
  };
}

std::vector<std::string> empty_names_of_process() {
  std::vector<std::string> names = own_names_of_process();
  const Environment environment = process_environment();
  std::erase_if(names,
                [&](const std::string& name) { return environment(name.c_str()).has_value(); });
  return names;
}

Environment layered(Environment first, Environment second) {
  return [first = std::move(first), second = std::move(second)](const char* name) {
    auto value = first(name);
    return value ? value : second(name);
  };
}

Environment environment_of(EnvFile file) {
  return [file = std::move(file)](const char* name) -> std::optional<std::string> {
    auto value = file.value(name);
    if (!value || value->empty()) return std::nullopt;
    return value;
  };
}

std::filesystem::path env_file_path(const Environment& environment) {
  return with_home(environment, environment("ORPHEUS_ENV_FILE").value_or(".env"));
}

std::vector<std::filesystem::path> config_file_paths(const Environment& environment) {
  if (const auto named = environment("ORPHEUS_CONFIG")) return {with_home(environment, *named)};
  std::vector<std::filesystem::path> folders;
  if (const auto own = environment("XDG_CONFIG_HOME")) {
    folders.emplace_back(*own);
  } else if (const auto home = environment(kHome)) {
    folders.push_back(std::filesystem::path(*home) / ".config");
  }
  folders.emplace_back("/etc");
  for (auto& folder : folders) folder = folder / "orpheus" / "config.toml";
  return folders;
}

std::string with_home(const Environment& environment, std::string path) {
  const auto home = environment(kHome);
  if (home && (path == "~" || path.starts_with("~/"))) path.replace(0, 1, *home);
  return path;
}

bool is_known_variable(std::string_view name) {
  return find_setting_of_variable(name) != nullptr ||
         std::find(kPlaces.begin(), kPlaces.end(), name) != kPlaces.end();
}

std::string_view meant_variable(std::string_view name) {
  std::vector<std::string_view> names(kPlaces.begin(), kPlaces.end());
  for (const Setting& setting : all_settings()) names.push_back(setting.variable);
  constexpr size_t kPrefix = std::string_view("ORPHEUS_").size();
  for (std::string_view& each : names) each.remove_prefix(kPrefix);  // the common prefix
  const std::string_view meant = nearest_name(name.substr(std::min(kPrefix, name.size())), names);
  if (meant.empty()) return {};
  return {meant.data() - kPrefix, meant.size() + kPrefix};
}

}  // namespace orpheus::config
