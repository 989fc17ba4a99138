#pragma once
// What the API families share; outlives them and all requests.

#include <functional>

#include "base/result.h"
#include "base/settings_store.h"
#include "http/live.h"
#include "http/metrics.h"

namespace orpheus::http {

// What the admin routes act on; each is empty where the program offers none.
struct Administration {
  SettingsStore* settings = nullptr;
  // Reads the settings again and takes what changed into use. Runs on a worker's thread and may
  // take as long as loading a voice. What it returns is for a person to read.
  std::function<Result<std::string>()> reload;
};

struct Context {
  Live& live;
  Metrics& metrics;
  Administration administration = {};
};

}  // namespace orpheus::http
