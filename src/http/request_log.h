#pragma once
// The line that the log has of each request. Pure but for the log; from any thread.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/log.h"
#include "http/request.h"

namespace orpheus::http {

// What became of a request.
struct Exchange {
  int status = 0;
  uint64_t num_bytes = 0;  // of the body, sent
  std::string voice = {};  // of a speech
  size_t num_characters = 0;
  std::optional<std::chrono::steady_clock::time_point> first_byte_at = {};
  std::chrono::steady_clock::time_point ended_at = std::chrono::steady_clock::now();
  bool ended_early = false;  // the client left, or the answer was broken off
};

// Health checks and scrapes are many and say little.
log::Level level_of_route(std::string_view route);

// Each has its value even where it says nothing, so that a program can read them by name; but for
// path, where the route says it, voice and characters, which speeches alone have, first_byte_ms,
// where nothing was sent, and ended_early.
log::Fields fields_of(const Request& request, std::string_view route, const Exchange& exchange);

void log_request(const Request& request, std::string_view route, const Exchange& exchange);

}  // namespace orpheus::http
