#pragma once
// The settings that may be read and changed over HTTP. Stores them in the .env file. Safe from
// every thread.

#include <filesystem>
#include <functional>
#include <mutex>

#include "base/settings_store.h"
#include "config/config_file.h"
#include "config/environment.h"
#include "config/settings.h"

namespace orpheus::config {

class KeptSettings final : public SettingsStore {
 public:
  // The process's environment wins over the .env file, and the .env file over the file of settings.
  // in_force returns the settings in use, for values from other sources (flags, the machine's
  // profile). Any thread may call it.
  KeptSettings(Environment process, std::filesystem::path env_file, ConfigFile config_file = {},
               std::function<config::Settings()> in_force = {})
      : process_(std::move(process)),
        path_(std::move(env_file)),
        config_file_(std::move(config_file)),
        in_force_(std::move(in_force)) {}

  std::vector<Entry> list() const override;
  Result<void> save(const std::map<std::string, std::string>& changes) override;

 private:
  const Environment process_;
  const std::filesystem::path path_;
  const ConfigFile config_file_;
  const std::function<config::Settings()> in_force_;
  mutable std::mutex mutex_;
};

}  // namespace orpheus::config
