#pragma once
// Writes a request's line to the log. Pure except for the log; from any thread.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/log.h"
#include "http/request.h"

namespace orpheus::http {

// The outcome of a request.
struct Exchange {
  int status = 0;
  uint64_t num_bytes = 0;  // sent bytes of the body
  std::string voice = {};  // of a speech
  size_t num_characters = 0;
  std::optional<std::chrono::steady_clock::time_point> first_byte_at = {};
  std::chrono::steady_clock::time_point ended_at = std::chrono::steady_clock::now();
  int close_code = 0;        // of a WebSocket; 0: this was none
  bool ended_early = false;  // the client left, or the answer was broken off
};

// Health checks and scrapes are frequent and uninteresting.
log::Level level_of_route(std::string_view route);

// Each field is always present, so that programs can read it by name. Exceptions: path (if the
// route tells it), voice and characters (only for speeches), close_code (only for WebSockets),
// first_byte_ms (if nothing was sent), and ended_early.
log::Fields fields_of(const Request& request, std::string_view route, const Exchange& exchange);

void log_request(const Request& request, std::string_view route, const Exchange& exchange);

}  // namespace orpheus::http
