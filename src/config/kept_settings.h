#pragma once
// The settings that may be looked at and changed over HTTP, kept in the .env file. Safe from every
// thread.

#include <filesystem>
#include <mutex>

#include "base/settings.h"
#include "config/environment.h"

namespace orpheus::config {

class KeptSettings final : public orpheus::Settings {
 public:
  // What the process's environment sets wins over the file.
  KeptSettings(Environment process, std::filesystem::path file)
      : process_(std::move(process)), path_(std::move(file)) {}

  std::vector<Entry> list() const override;
  Result<void> save(const std::map<std::string, std::string>& changes) override;

 private:
  const Environment process_;
  const std::filesystem::path path_;
  mutable std::mutex mutex_;
};

}  // namespace orpheus::config
