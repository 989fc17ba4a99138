#pragma once
// Shared by the API families. Must outlive them and all requests.

#include <functional>

#include "base/result.h"
#include "base/settings_store.h"
#include "http/live.h"
#include "http/metrics.h"

namespace orpheus::http {

// Used by the admin routes; each is empty if the program does not offer it.
struct Administration {
  SettingsStore* settings = nullptr;
  // Reads the settings again and applies the changes. Runs on a worker's thread and may take as
  // long as loading a voice. Returns a text for users.
  std::function<Result<std::string>()> reload;
};

struct Context {
  Live& live;
  Metrics& metrics;
  Administration administration = {};
};

}  // namespace orpheus::http
