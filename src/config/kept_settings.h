#pragma once
// The settings that may be looked at and changed over HTTP, kept in the .env file. Safe from every
// thread.

#include <filesystem>
#include <mutex>

#include "base/settings.h"
#include "config/config_file.h"
#include "config/environment.h"

namespace orpheus::config {

class KeptSettings final : public orpheus::Settings {
 public:
  // What the process's environment sets wins over the .env file, and that over the file of
  // settings.
  KeptSettings(Environment process, std::filesystem::path env_file, ConfigFile config_file = {})
      : process_(std::move(process)),
        path_(std::move(env_file)),
        config_file_(std::move(config_file)) {}

  std::vector<Entry> list() const override;
  Result<void> save(const std::map<std::string, std::string>& changes) override;

 private:
  const Environment process_;
  const std::filesystem::path path_;
  const ConfigFile config_file_;
  mutable std::mutex mutex_;
};

}  // namespace orpheus::config
