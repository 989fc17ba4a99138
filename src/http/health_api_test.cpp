#include "http/health_api.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "http/testing/fake_synthesiser.h"

namespace orpheus::http {
namespace {

Response get(const std::vector<Route>& routes, const Request& request) {
  return std::get<Response>(routes.front().handler(request));
}

TEST(HealthApi, TellsThatItIsThereAndForHowLong) {
  FakeSynthesiser synthesiser;
  const FakeContext context(synthesiser);
  const auto routes = health_routes(context.get());
  const auto first = nlohmann::json::parse(get(routes, {}).body);
  EXPECT_EQ(first["status"], "ok");
  EXPECT_FALSE(first["version"].get<std::string>().empty());
  EXPECT_GT(first["timestamp"].get<double>(), 1.7e9);
  EXPECT_GE(first["uptime_seconds"].get<double>(), 0);
  const auto second = nlohmann::json::parse(get(routes, {}).body);
  EXPECT_GE(second["uptime_seconds"].get<double>(), first["uptime_seconds"].get<double>());
}

const Route& route_at(const std::vector<Route>& routes, const std::string& path) {
  return *std::find_if(routes.begin(), routes.end(),
                       [&](const Route& route) { return route.path == path; });
}

// Guards against: an operator cannot tell a server that stops from one that has not loaded its
// voice yet.
TEST(HealthApi, SaysWhyItIsNotReady) {
  FakeSynthesiser synthesiser;
  FakeContext context(synthesiser);
  const auto routes = health_routes(context.get());
  const auto told = [&] {
    std::vector<std::string> words;
    for (const char* path : {"/health", "/health/ready", "/health/live"}) {
      const auto response = std::get<Response>(route_at(routes, path).handler({}));
      words.push_back(nlohmann::json::parse(response.body)["status"].get<std::string>());
    }
    return words;
  };
  using Words = std::vector<std::string>;
  EXPECT_EQ(told(), (Words{"ok", "ok", "ok"}));
  context.live().replace({}, nullptr);
  EXPECT_EQ(told(), (Words{"loading", "loading", "ok"}));
  context.live().drain();
  EXPECT_EQ(told(), (Words{"stopping", "stopping", "ok"}));
}

TEST(HealthApi, IsReadyOnlyWhenTheVoiceIsThereAndNothingStops) {
  FakeSynthesiser synthesiser;
  FakeContext context(synthesiser);
  const auto routes = health_routes(context.get());
  const auto status_at = [&](const std::string& path) {
    return std::get<Response>(route_at(routes, path).handler({})).status;
  };
  EXPECT_EQ(status_at("/health/ready"), 200);
  context.live().replace({}, nullptr);
  EXPECT_EQ(status_at("/health/ready"), 503);
  EXPECT_EQ(status_at("/health/live"), 200);
  EXPECT_EQ(status_at("/health"), 200);
  context.live().replace({}, {&synthesiser, [](speech::Synthesiser*) {}});
  context.live().drain();
  EXPECT_EQ(status_at("/health/ready"), 503);
  EXPECT_EQ(status_at("/health/live"), 200);
}

TEST(HealthApi, MetricsAreInPrometheusText) {
  FakeSynthesiser synthesiser;
  FakeContext context(synthesiser);
  context.metrics().failed(ErrorKind::kLimit);
  context.metrics().answered("/health", 200);
  const auto routes = health_routes(context.get());
  const Response metrics = std::get<Response>(route_at(routes, "/metrics").handler({}));
  for (const char* line :
       {"orpheus_requests_running 0\n", "orpheus_requests_waiting 0\n",
        "orpheus_time_to_first_byte_seconds_count 0\n", "orpheus_errors_total{kind=\"limit\"} 1\n",
        "orpheus_http_requests_total{route=\"/health\",status=\"200\"} 1\n"}) {
    EXPECT_NE(metrics.body.find(line), std::string::npos) << line;
  }
}

}  // namespace
}  // namespace orpheus::http
