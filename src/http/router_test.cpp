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
  for (const char* path : {"/", "/a/", "/A", "", "*", "/a%2f\xff"}) {
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

}  // namespace
}  // namespace orpheus::http
