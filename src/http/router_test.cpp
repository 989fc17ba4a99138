#include "http/router.h"

#include <gtest/gtest.h>

namespace orpheus::http {
namespace {

Handler saying(const std::string& body) {
  return [body](const Request&) { return text_response(200, "text/plain", body); };
}

Response ask(const std::string& method, const std::string& path) {
  const Router router({{"GET", "/a", saying("get a")},
                       {"POST", "/a", saying("post a")},
                       {"POST", "/b", saying("post b")}});
  Request request;
  request.method = method;
  request.path = path;
  return std::get<Response>(router.answer(request));
}

TEST(Router, FindsTheHandlerOfMethodAndPath) {
  EXPECT_EQ(ask("GET", "/a").body, "get a");
  EXPECT_EQ(ask("POST", "/a").body, "post a");
  EXPECT_EQ(ask("HEAD", "/a").body, "get a");
}

TEST(Router, AnUnknownPathIsNotFound) {
  for (const char* path : {"/", "/a/b", "/A", "", "*", "/a%2f\xff"}) {
    EXPECT_EQ(ask("GET", path).status, 404) << path;
  }
}

TEST(Router, AnotherMethodIsToldWhichThereAre) {
  const Response response = ask("DELETE", "/a");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.headers.back().name, "Allow");
  EXPECT_EQ(response.headers.back().value, "GET, HEAD, POST, OPTIONS");
  const Response told = ask("OPTIONS", "/b");
  EXPECT_EQ(told.status, 204);
  EXPECT_EQ(told.headers.back().value, "POST, OPTIONS");
  EXPECT_EQ(ask("HEAD", "/b").status, 405);
  EXPECT_EQ(ask("get", "/a").status, 405);
}

// Guards against: a base URL with a small variation, such as a trailing slash, leads to 404.
TEST(Router, FindsARouteHoweverItsBaseAddressIsTyped) {
  const Handler name = [](const Request& request) { return text_response(200, "", request.path); };
  const Router router({{"POST", "/v1/audio/speech", name},
                       {"GET", "/v1/models", name},
                       {"GET", "/v1/models/*", name},
                       {"GET", "/", name},
                       {"GET", "/web/*", name},
                       {"POST", "/speak", name}});
  const auto at = [&](const std::string& method, const std::string& path) {
    return std::get<Response>(router.answer({.method = method, .path = path}));
  };
  for (const char* path :
       {"/v1/audio/speech", "/audio/speech", "//v1/audio/speech", "/v1//audio/speech",
        "/v1/audio/speech/", "//audio//speech//", "/v1/v1/audio/speech"}) {
    EXPECT_EQ(at("POST", path).body, "/v1/audio/speech") << path;
    EXPECT_EQ(router.path_of({.method = "POST", .path = path}), "/v1/audio/speech") << path;
    EXPECT_EQ(at("GET", path).status, 405) << path;
  }
  EXPECT_EQ(at("GET", "/models").body, "/v1/models");
  EXPECT_EQ(at("GET", "/models/tara").body, "/v1/models/tara");
  EXPECT_EQ(at("GET", "//").body, "/");
  EXPECT_EQ(at("GET", "/web/").body, "/web/");
  EXPECT_EQ(at("POST", "/v1/speak/").body, "/speak");
  for (const char* path : {"/v1", "/v2/models", "/v1/audio", "/speech", ""})
    EXPECT_EQ(at("GET", path).status, 404) << path;
}

// Guards against: a compressed body gets the misleading error "not UTF-8".
TEST(Router, ACompressedBodyIsNamedAsSuch) {
  const Router router({{"POST", "/a", [](const Request&) { return Response{}; }}});
  Request request{.method = "POST",
                  .path = "/a",
                  .query = {},
                  .headers = {{"content-encoding", "gzip"}},
                  .body = "\x1f\x8b"};
  EXPECT_EQ(std::get<Response>(router.answer(request)).status, 415);
  request.headers = {{"Content-Encoding", "Identity"}};
  EXPECT_EQ(std::get<Response>(router.answer(request)).status, 200);
}

// Guards against: slow work runs on the thread that serves all connections.
TEST(Router, KnowsWhatTakesTime) {
  const Router router({{"GET", "/quick", saying("")},
                       {"POST", "/quick", saying("")},
                       {"GET", "/slow", saying(""), Access::kOpen, Pace::kSlow}});
  const auto takes_time = [&](const char* method, const char* path, size_t num_body_bytes) {
    Request request;
    request.method = method;
    request.path = path;
    request.body.resize(num_body_bytes, ' ');
    return router.takes_time(request);
  };
  EXPECT_FALSE(takes_time("GET", "/quick", 0));
  EXPECT_FALSE(takes_time("POST", "/quick", 4096));
  EXPECT_TRUE(takes_time("POST", "/quick", 4097));
  EXPECT_TRUE(takes_time("GET", "/slow", 0));
  EXPECT_TRUE(takes_time("HEAD", "/slow", 0));
  EXPECT_FALSE(takes_time("POST", "/slow", 1U << 20U));  // 405
  EXPECT_FALSE(takes_time("GET", "/nowhere", 1U << 20U));
}

TEST(Router, KnowsByTheHeadWhomItLetsIn) {
  const Router router({{"POST", "/a", saying("")}, {"POST", "/b", saying(""), Access::kKey}},
                      [](Access access, const Request&) -> std::optional<Response> {
                        if (access == Access::kOpen) return std::nullopt;
                        return Response{.status = 401};
                      });
  const auto admits = [&](const char* method, const char* path) {
    Request request;
    request.method = method;
    request.path = path;
    return router.admits(request);
  };
  EXPECT_TRUE(admits("POST", "/a"));
  EXPECT_FALSE(admits("POST", "/b"));
  EXPECT_FALSE(admits("GET", "/a"));
  EXPECT_FALSE(admits("POST", "/c"));
}

}  // namespace
}  // namespace orpheus::http
