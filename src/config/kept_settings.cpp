#include "config/kept_settings.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/utf8.h"

namespace orpheus::config {
namespace {

constexpr size_t kMaxValueBytes = 4096;

// What a page may set: how it sounds and where it listens. Files, folders, devices and keys are not
// among them: whoever gets at this page must not get further.
constexpr std::array kNames = {"ORPHEUS_HOST",        "ORPHEUS_PORT",   "ORPHEUS_MAX_TOKENS",
                               "ORPHEUS_TEMPERATURE", "ORPHEUS_TOP_P",  "ORPHEUS_SAMPLE_RATE",
                               "ORPHEUS_MODEL_NAME",  "ORPHEUS_VOICES", "ORPHEUS_UNKNOWN_VOICE"};

std::string names() {
  std::string all;
  for (const char* name : kNames) all += (all.empty() ? "" : ", ") + std::string(name);
  return all;
}

Result<void> check(const std::string& name, const std::string& value) {
  if (std::find(kNames.begin(), kNames.end(), std::string_view(name)) == kNames.end()) {
    return fail({.kind = ErrorKind::kUsage,
                 .what = "'" + printable(name.substr(0, 64)) + "' cannot be set here",
                 .expected = "one of " + names()});
  }
  if (value.size() <= kMaxValueBytes && printable(value) == value) return {};
  return fail({.kind = ErrorKind::kUsage,
               .what = "the value of " + name + " cannot be kept",
               .expected = "one line of at most 4096 bytes"});
}

std::string default_of(std::string_view name) {
  const Settings settings;
  if (name == "ORPHEUS_HOST") return settings.server.host;
  if (name == "ORPHEUS_PORT") return std::to_string(settings.server.port);
  if (name == "ORPHEUS_MAX_TOKENS") return std::to_string(settings.max_tokens);
  if (name == "ORPHEUS_TEMPERATURE") return "0.6";
  if (name == "ORPHEUS_TOP_P") return "0.9";
  if (name == "ORPHEUS_SAMPLE_RATE") return std::to_string(settings.server.sample_rate_hz);
  if (name == "ORPHEUS_UNKNOWN_VOICE") return "refuse";
  return "";
}

}  // namespace

std::vector<orpheus::Settings::Entry> KeptSettings::list() const {
  const std::lock_guard lock(mutex_);
  const auto file = EnvFile::read(path_);
  const Environment kept = environment_of(file.value_or(EnvFile()));
  std::vector<Entry> entries;
  for (const char* name : kNames) {
    if (const auto value = process_(name)) {
      entries.push_back({name, *value, "environment"});
    } else if (const auto written = kept(name)) {
      entries.push_back({name, *written, path_.filename().string()});
    } else {
      entries.push_back({name, default_of(name), "default"});
    }
  }
  return entries;
}

Result<void> KeptSettings::save(const std::map<std::string, std::string>& changes) {
  for (const auto& [name, value] : changes) ORPHEUS_CHECK(check(name, value));
  const std::lock_guard lock(mutex_);
  ORPHEUS_TRY(EnvFile file, EnvFile::read(path_));
  for (const auto& [name, value] : changes) file.set(name, value);
  // The file's own values are read, not those of the process that may hide them.
  ORPHEUS_TRY([[maybe_unused]] const auto settings,
              settings_from(layered(environment_of(file), process_)));
  return file.write(path_);
}

}  // namespace orpheus::config
