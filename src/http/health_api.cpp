#include "http/health_api.h"

#include <chrono>

#include <nlohmann/json.hpp>

namespace orpheus::http {
namespace {

using Seconds = std::chrono::duration<double>;

const char* status_of(const Live& live) {
  if (live.draining()) return "stopping";
  return live.now().synthesiser ? "ok" : "loading";
}

Response health(int http_status, const char* status,
                std::chrono::steady_clock::time_point started) {
  const nlohmann::ordered_json body = {
      {"status", status},
      {"version", ORPHEUS_VERSION},
      {"timestamp", Seconds(std::chrono::system_clock::now().time_since_epoch()).count()},
      {"uptime_seconds", Seconds(std::chrono::steady_clock::now() - started).count()}};
  Response response = text_response(http_status, "application/json", body.dump());
  response.set("Cache-Control", "no-store");
  if (http_status == 503) response.set("Retry-After", "5");
  return response;
}

// The voice's metrics, if it is loaded and has any.
std::string metrics_of_voice(const Snapshot& now) {
  return now.synthesiser ? now.synthesiser->metrics() : "";
}

}  // namespace

std::vector<Route> health_routes(const Context& context) {
  const auto started = std::chrono::steady_clock::now();
  return {
      {"GET", "/health",
       [&context, started](const Request& /*request*/) {
         return health(200, status_of(context.live), started);
       }},
      {"GET", "/health/live",
       [started](const Request& /*request*/) { return health(200, "ok", started); }},
      {"GET", "/health/ready",
       [&context, started](const Request& /*request*/) {
         const char* status = status_of(context.live);
         return health(std::string_view(status) == "ok" ? 200 : 503, status, started);
       }},
      {"GET", "/metrics",
       [&context](const Request& /*request*/) {
         return text_response(200, "text/plain; version=0.0.4; charset=utf-8",
                              context.metrics.text() + metrics_of_voice(context.live.now()));
       },
       Access::kMetrics},
  };
}

}  // namespace orpheus::http
