#include "http/errors.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "lm/too_busy.h"

namespace orpheus::http {
namespace {

TEST(Errors, HaveTheFourKeysOfOpenAisShape) {
  const Response response =
      error_response({.status = 400, .message = "no", .param = "voice", .code = "invalid_value"});
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(nlohmann::json::parse(response.body),
            nlohmann::json::parse(R"({"error": {"message": "no", "type": "invalid_request_error",
                                                "param": "voice", "code": "invalid_value"}})"));
  EXPECT_EQ(nlohmann::json::parse(error_response({.status = 503, .message = "gone"}).body),
            nlohmann::json::parse(R"({"error": {"message": "gone", "type": "server_error",
                                                "param": null, "code": null}})"));
}

TEST(Errors, EveryKindHasItsStatus) {
  EXPECT_EQ(http_status(ErrorKind::kUsage), 400);
  EXPECT_EQ(http_status(ErrorKind::kUnsupported), 400);
  EXPECT_EQ(http_status(ErrorKind::kNotFound), 404);
  EXPECT_EQ(http_status(ErrorKind::kLimit), 413);
  EXPECT_EQ(http_status(ErrorKind::kUnavailable), 503);
  EXPECT_EQ(http_status(ErrorKind::kTimedOut), 504);
  EXPECT_EQ(http_status(ErrorKind::kBadReply), 502);
  EXPECT_EQ(http_status(ErrorKind::kCancelled), 503);
  EXPECT_EQ(http_status(ErrorKind::kInternal), 500);
  EXPECT_EQ(http_status(ErrorKind::kBadFile), 500);
  EXPECT_EQ(http_status(ErrorKind::kIo), 500);
}

// Guards against a refusal that clients take for a fault of the server: they try again after 429.
TEST(Errors, AListenerThatIsRefusedGets429) {
  const Response response = failure_response(lm::too_busy(7), false);
  EXPECT_EQ(response.status, 429);
  const auto error = nlohmann::json::parse(response.body)["error"];
  EXPECT_EQ(error["type"], "rate_limit_error");
  EXPECT_EQ(error["code"], "rate_limit_exceeded");
  EXPECT_NE(error["message"].get<std::string>().find("at most 7"), std::string::npos);
  EXPECT_EQ(failure_response({.kind = ErrorKind::kUnavailable, .what = "gone"}, false).status, 503);
}

TEST(Errors, AnyBytesInAMessageMakeValidJson) {
  const Response response = error_response({.status = 500, .message = "a\xff\"\n\x01"});
  const auto body = nlohmann::json::parse(response.body, nullptr, false);
  EXPECT_EQ(body["error"]["message"], "a\xEF\xBF\xBD\"\n\x01");
}

// Guards against: an error message shows a client the names of folders on this machine.
TEST(Errors, ClientsAreToldNoFolders) {
  const std::vector<std::pair<const char*, const char*>> told = {
      {"/home/a/lm.gguf: not a file", "lm.gguf: not a file"},
      {"'/home/a/lm.gguf' cannot be read", "'lm.gguf' cannot be read"},
      {"cannot open (/a/b, /c/d/)", "cannot open (b, …)"},
      {"file=/a/b", "file=b"},
      {"POST /restart_server, or GET /", "POST /restart_server, or GET /"},
      {"http://127.0.0.1:8080/v1 answers", "http://127.0.0.1:8080/v1 answers"},
      {"audio/wav 1/2 and/or", "audio/wav 1/2 and/or"},
      {"", ""},
      {"/", "/"}};
  for (const auto& [text, expected] : told) EXPECT_EQ(without_folders(text), expected);
  const Error error{.kind = ErrorKind::kIo,
                    .what = "/data/x/speech.wav: cannot be written",
                    .found = "/data/x",
                    .remedy = "Look at /data/x/y."};
  EXPECT_EQ(api_error(error).message.find("/data"), std::string::npos) << api_error(error).message;
}

TEST(Errors, WhatAClientSentIsQuotedInPartAlone) {
  const Error error{
      .kind = ErrorKind::kUsage, .what = std::string(5000, 'w'), .found = std::string(5000, 'f')};
  EXPECT_LT(api_error(error).message.size(), 500U);
}

TEST(Errors, TooBusySaysWhenToTryAgain) {
  const Response response = too_busy_response(33, 7);
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(response.headers.back().name, "Retry-After");
  EXPECT_EQ(response.headers.back().value, "7");
  EXPECT_EQ(nlohmann::json::parse(response.body)["error"]["type"], "rate_limit_error");
}

}  // namespace
}  // namespace orpheus::http
