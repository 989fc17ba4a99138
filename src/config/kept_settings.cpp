#include "config/kept_settings.h"

#include "base/utf8.h"
#include "config/layers.h"
#include "config/setting.h"

namespace orpheus::config {
namespace {

constexpr size_t kMaxValueBytes = 4096;

// Settings of sound and address. Files, folders, devices and keys are excluded, so access to this
// route gives no access to more.
bool may_change(const Setting& setting) { return setting.exposure == Exposure::kChangeable; }

std::string names() {
  std::string all;
  for (const Setting& setting : all_settings()) {
    if (may_change(setting)) all += (all.empty() ? "" : ", ") + setting.variable;
  }
  return all;
}

Result<void> check(const std::string& name, const std::string& value) {
  const Setting* setting = find_setting_of_variable(name);
  if (setting == nullptr || !may_change(*setting)) {
    return fail({.kind = ErrorKind::kUsage,
                 .what = "'" + printable_excerpt(name, 64) + "' cannot be set here",
                 .expected = "one of " + names()});
  }
  if (value.size() <= kMaxValueBytes && printable(value) == value) return {};
  return fail({.kind = ErrorKind::kUsage,
               .what = "the value of " + name + " cannot be saved",
               .expected = "one line of at most 4096 bytes"});
}

// Read as the program reads it when it starts.
Result<EnvFile> read_env_file(const Environment& process, const std::filesystem::path& path) {
  if (process("ORPHEUS_ENV_FILE")) return EnvFile::read(path);
  ORPHEUS_TRY(auto read, EnvFile::read_trusted(path));
  if (read.refusal) return fail(*read.refusal);
  return std::move(read.file);
}

// Only the file's name: a page need not know folders.
std::string source_for_pages(const Source& source) {
  if (source.origin == Origin::kEnvironment) return "environment";
  return std::filesystem::path(source.where.substr(0, source.where.rfind(", line"))).filename();
}

}  // namespace

std::vector<SettingsStore::Entry> KeptSettings::list() const {
  const std::lock_guard lock(mutex_);
  const Layers layers{.process = process_,
                      .env_file = read_env_file(process_, path_).value_or(EnvFile()),
                      .env_file_name = path_.string(),
                      .config_file = config_file_};
  const config::Settings defaults;
  const config::Settings in_force = in_force_ ? in_force_() : defaults;
  std::vector<Entry> entries;
  for (const Setting& setting : all_settings()) {
    if (!may_change(setting)) continue;
    const auto source = in_force.sources.find(setting.name);
    const Origin origin =
        source == in_force.sources.end() ? Origin::kDefault : source->second.origin;
    if (origin == Origin::kFlag) {
      entries.push_back({setting.variable, setting.read(in_force), "flag"});
    } else if (const auto given = layers.find(setting)) {
      entries.push_back({setting.variable, given->text, source_for_pages(given->source)});
    } else if (origin == Origin::kProfile) {
      entries.push_back({setting.variable, setting.read(in_force), "machine"});
    } else {
      entries.push_back({setting.variable, setting.read(defaults), "default"});
    }
  }
  return entries;
}

Result<void> KeptSettings::save(const std::map<std::string, std::string>& changes) {
  for (const auto& [name, value] : changes) ORPHEUS_CHECK(check(name, value));
  const std::lock_guard lock(mutex_);
  ORPHEUS_TRY(EnvFile file, read_env_file(process_, path_));
  for (const auto& [name, value] : changes) file.set(name, value);
  // Reads the file's own values, without the process's environment, which may override them.
  ORPHEUS_TRY([[maybe_unused]] const auto settings,
              settings_from({.process = layered(environment_of(file), process_),
                             .env_file = {},
                             .env_file_name = path_.string(),
                             .config_file = config_file_}));
  return file.write(path_);
}

}  // namespace orpheus::config
