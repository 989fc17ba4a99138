#include "http/health_api.h"

#include <chrono>

#include <nlohmann/json.hpp>

namespace orpheus::http {
namespace {

using Seconds = std::chrono::duration<double>;

Response health(std::chrono::steady_clock::time_point started) {
  const nlohmann::ordered_json body = {
      {"status", "ok"},
      {"version", ORPHEUS_VERSION},
      {"timestamp", Seconds(std::chrono::system_clock::now().time_since_epoch()).count()},
      {"uptime_seconds", Seconds(std::chrono::steady_clock::now() - started).count()}};
  return text_response(200, "application/json", body.dump());
}

}  // namespace

std::vector<Route> health_routes() {
  const auto started = std::chrono::steady_clock::now();
  return {{"GET", "/health", [started](const Request& /*request*/) { return health(started); }}};
}

}  // namespace orpheus::http
