#include "http/request_log.h"

namespace orpheus::http {
namespace {

constexpr size_t kMaxMethodBytes = 16;
constexpr size_t kMaxPathBytes = 200;

int64_t ms_between(std::chrono::steady_clock::time_point from,
                   std::chrono::steady_clock::time_point to) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count();
}

}  // namespace

log::Level level_of_route(std::string_view route) {
  const bool is_probe = route == "/health" || route.starts_with("/health/") || route == "/metrics";
  return is_probe ? log::Level::kDebug : log::Level::kInfo;
}

log::Fields fields_of(const Request& request, std::string_view route, const Exchange& exchange) {
  log::Fields fields = {{"id", request.id},
                        {"client", request.peer},
                        {"method", request.method.substr(0, kMaxMethodBytes)},
                        {"route", std::string(route)}};
  if (route != request.path) fields.emplace_back("path", request.path.substr(0, kMaxPathBytes));
  fields.emplace_back("status", int64_t{exchange.status});
  if (!exchange.voice.empty()) {
    fields.emplace_back("voice", exchange.voice);
    fields.emplace_back("characters", static_cast<int64_t>(exchange.num_characters));
  }
  if (exchange.close_code != 0) fields.emplace_back("close_code", int64_t{exchange.close_code});
  fields.emplace_back("bytes", static_cast<int64_t>(exchange.num_bytes));
  if (exchange.first_byte_at)
    fields.emplace_back("first_byte_ms", ms_between(request.received, *exchange.first_byte_at));
  fields.emplace_back("total_ms", ms_between(request.received, exchange.ended_at));
  if (exchange.ended_early) fields.emplace_back("ended_early", int64_t{1});
  return fields;
}

void log_request(const Request& request, std::string_view route, const Exchange& exchange) {
  const log::Level level = level_of_route(route);
  if (log::writes(level)) log::write(level, "request", fields_of(request, route, exchange));
}

}  // namespace orpheus::http
