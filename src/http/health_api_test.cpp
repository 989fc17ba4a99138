#include "http/health_api.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "http/front_page.h"

namespace orpheus::http {
namespace {

Response get(const std::vector<Route>& routes, const Request& request) {
  return std::get<Response>(routes.front().handler(request));
}

TEST(HealthApi, TellsThatItIsThereAndForHowLong) {
  const auto routes = health_routes();
  const auto first = nlohmann::json::parse(get(routes, {}).body);
  EXPECT_EQ(first["status"], "ok");
  EXPECT_FALSE(first["version"].get<std::string>().empty());
  EXPECT_GT(first["timestamp"].get<double>(), 1.7e9);
  EXPECT_GE(first["uptime_seconds"].get<double>(), 0);
  const auto second = nlohmann::json::parse(get(routes, {}).body);
  EXPECT_GE(second["uptime_seconds"].get<double>(), first["uptime_seconds"].get<double>());
}

TEST(FrontPage, ShowsACallToTheAddressThatTheVisitorUsed) {
  Request request;
  request.headers = {{"host", "voice.local:8080"}};
  const Response page = get(front_page_routes(), request);
  EXPECT_EQ(page.status, 200);
  EXPECT_NE(page.body.find("http://voice.local:8080/v1/audio/speech"), std::string::npos);
}

TEST(FrontPage, PrintsNoHostThatIsNone) {
  Request request;
  request.headers = {{"Host", "<script>alert(1)</script>"}};
  EXPECT_EQ(get(front_page_routes(), request).body.find("<script>"), std::string::npos);
}

}  // namespace
}  // namespace orpheus::http
