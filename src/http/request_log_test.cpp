#include "http/request_log.h"

#include <gtest/gtest.h>

namespace orpheus::http {
namespace {

using namespace std::chrono_literals;

Request asked(std::string method, std::string path) {
  return {.method = std::move(method),
          .path = std::move(path),
          .query = {},
          .headers = {},
          .body = {},
          .id = "req_1",
          .peer = "10.0.0.7"};
}

// What an operator asks of a slow or failed speech: by whom, of what, how soon and how long.
TEST(RequestLog, TellsOfASpeech) {
  const Request request = asked("POST", "/v1/audio/speech");
  const Exchange exchange{.status = 200,
                          .num_bytes = 4096,
                          .voice = "tara",
                          .num_characters = 12,
                          .first_byte_at = request.received + 150ms,
                          .ended_at = request.received + 2s,
                          .ended_early = true};
  EXPECT_EQ(log::rest_of_line(log::Format::kText, "request",
                              fields_of(request, "/v1/audio/speech", exchange)),
            "request id=req_1 client=10.0.0.7 method=POST route=/v1/audio/speech status=200 "
            "voice=tara characters=12 bytes=4096 first_byte_ms=150 total_ms=2000 ended_early=1");
}

TEST(RequestLog, TellsThePathWhereTheRouteDoesNot) {
  const Request request = asked("GET", "/outputs/a b\n" + std::string(300, 'c'));
  const std::string line = log::rest_of_line(
      log::Format::kJson, "request",
      fields_of(request, "/outputs/*", {.status = 404, .ended_at = request.received}));
  EXPECT_EQ(line,
            "\"message\":\"request\",\"id\":\"req_1\",\"client\":\"10.0.0.7\",\"method\":\"GET\","
            "\"route\":\"/outputs/*\",\"path\":\"/outputs/a b\uFFFD" +
                std::string(187, 'c') + "\",\"status\":404,\"bytes\":0,\"total_ms\":0");
}

// Guards against: requests of health probes and metric scrapers fill the log.
TEST(RequestLog, ProbesAndScrapesAreDebug) {
  for (const char* route : {"/health", "/health/live", "/health/ready", "/metrics"})
    EXPECT_EQ(level_of_route(route), log::Level::kDebug) << route;
  for (const char* route : {"/healthy", "other", "/", "/v1/models"})
    EXPECT_EQ(level_of_route(route), log::Level::kInfo) << route;
}

}  // namespace
}  // namespace orpheus::http
