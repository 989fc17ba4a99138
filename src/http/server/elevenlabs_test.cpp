// ElevenLabs' routes on a real server: their sockets, and the form of errors that come from
// elsewhere than a route.
#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/log_sink.h"
#include "http/server/testing/socket_client.h"
#include "http/testing/live_scripts.h"

namespace orpheus::http {
namespace {

using nlohmann::json;

constexpr const char* kSeveral =
    "/v1/text-to-speech/JBFqnCBsd6RMkjVDRZzb/multi-stream-input?output_format=pcm_24000";
constexpr const char* kOne = "/v1/text-to-speech/leo/stream-input?output_format=pcm_24000";

std::string post_to(std::string_view path, std::string_view body, std::string_view headers = "") {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(headers) +
         "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

TEST(ElevenLabsSocket, ATextIsSpokenAndTheSocketCloses) {
  FakeSynthesiser synthesiser;
  const auto server = serve(synthesiser, patient_options());
  auto client = SocketClient::at(kOne, server->port());
  EXPECT_EQ(client.head.status, 101);
  client.say({{"text", " "}});
  client.say({{"text", "Hello there. "}});
  client.say({{"text", ""}});
  json message = client.read_json();
  size_t num_characters = 0;
  for (; message.is_object() && message["isFinal"].is_null(); message = client.read_json())
    num_characters += message["audio"].get<std::string>().size();
  EXPECT_GE(num_characters, size_t{4} * speech::kSamplesPerFrame * 2 * 4 / 3);
  EXPECT_EQ(message["isFinal"], true);
  EXPECT_EQ(client.read_close(), 1000);
}

// Contexts are works of their own: each has a place, and a close frees it.
TEST(ElevenLabsSocket, ContextsAreSpokenAtTheSameTimeAndAClosedOneFreesItsPlace) {
  FakeSynthesiser synthesiser(endless());
  Options options = patient_options();
  options.max_speeches = 2;
  options.max_waiting_speeches = 0;
  const auto server = serve(synthesiser, options);
  auto client = SocketClient::at(kSeveral, server->port());
  const auto say = [&](const char* id) {
    client.say({{"text", "Hello there. How "}, {"context_id", id}});
  };
  // The next message of this context.
  const auto read = [&](const std::string& id) {
    json message = client.read_json();
    while (message.is_object() && message["contextId"] != id) message = client.read_json();
    return message;
  };
  say("a");
  say("b");
  EXPECT_TRUE(read("a")["audio"].is_string());
  EXPECT_TRUE(read("b")["audio"].is_string());
  say("c");
  EXPECT_EQ(read("c")["error"], "rate_limit_exceeded");
  client.say({{"context_id", "a"}, {"close_context", true}});
  json final = read("a");
  while (final["isFinal"].is_null()) final = read("a");
  EXPECT_EQ(final["isFinal"], true);
  say("d");
  EXPECT_TRUE(read("d")["audio"].is_string());
  EXPECT_TRUE(read("b")["audio"].is_string());
  client.leave();
}

TEST(ElevenLabsSocket, AKeyIsNotInTheLog) {
  FakeSynthesiser synthesiser;
  Options options = patient_options();
  options.keys = {"sesame-open"};
  const auto server = serve(synthesiser, options);
  std::string lines;
  log::send_to(log::Level::kInfo, [&](log::Level /*level*/, std::string_view line) {
    lines += std::string(line) + "\n";
  });
  for (const char* header :
       {"xi-api-key: sesame-open\r\n",
        "Sec-WebSocket-Protocol: orpheus.elevenlabs, orpheus.key.sesame-open\r\n", ""}) {
    auto client = SocketClient::at(kSeveral, server->port(), header);
    EXPECT_EQ(client.head.status, 101);
    json first = {{"text", "Hi. "}, {"flush", true}};
    if (*header == '\0') first["xi_api_key"] = "sesame-open";
    client.say(first);
    EXPECT_TRUE(client.read_json()["audio"].is_string()) << header;
    client.send(frame(0x88, "\x03\xE8"));
    EXPECT_EQ(client.read_close(), 1000);
  }
  auto wrong = SocketClient::at(kSeveral, server->port());
  wrong.say({{"text", "Hi. "}, {"xi_api_key", "sesame-closed"}});
  EXPECT_EQ(wrong.read_json()["error"], "invalid_api_key");
  EXPECT_EQ(wrong.read_close(), 1008);
  auto refused = SocketClient::at(kSeveral, server->port(), "xi-api-key: sesame-closed\r\n");
  EXPECT_EQ(refused.head.status, 401);
  server->stop();
  log::send_to(log::Level::kInfo, {});
  EXPECT_NE(lines.find("/v1/text-to-speech/"), lines.npos);
  EXPECT_EQ(lines.find("sesame"), lines.npos) << lines;
}

// Their clients read "detail", wherever the error comes from.
TEST(ElevenLabsErrors, HaveTheirFormOnTheirRoutesAndForTheirClients) {
  FakeSynthesiser synthesiser(endless());
  Options options = patient_options();
  options.keys = {"secret"};
  options.max_speeches = 1;
  options.max_waiting_speeches = 0;
  options.max_body_bytes = 1000;
  const auto server = serve(synthesiser, options);
  const auto detail = [&](const std::string& request) {
    const Reply reply = TestClient(server->port()).ask(request);
    const json body = json::parse(reply.body, nullptr, false);
    EXPECT_TRUE(body.is_object() && body.contains("detail")) << reply.body;
    return std::pair(reply.status,
                     body.is_object() && body.contains("detail") ? body["detail"] : json());
  };
  const std::string path = "/v1/text-to-speech/leo/stream";
  const std::string key = "xi-api-key: secret\r\n";
  const std::string hello = R"({"text": "Hello there."})";
  auto [status, told] = detail(post_to(path, hello));
  EXPECT_EQ(status, 401);
  EXPECT_EQ(told["status"], "invalid_api_key");
  std::tie(status, told) = detail(post_to(path, std::string(2000, ' '), key));
  EXPECT_EQ(status, 413);
  std::tie(status, told) = detail(post_to(path, hello, key + "Content-Encoding: gzip\r\n"));
  EXPECT_EQ(status, 415);
  std::tie(status, told) = detail(get("/v1/user", key));
  EXPECT_EQ(status, 404);
  std::tie(status, told) = detail(get("/v1/text-to-speech/leo/stream-input", key));
  EXPECT_EQ(status, 426);
  TestClient first(server->port());
  first.send(post_to(path, hello, key));
  EXPECT_EQ(first.read_head().status, 200);
  std::tie(status, told) = detail(post_to(path, hello, key));
  EXPECT_EQ(status, 429);
  EXPECT_EQ(told["status"], "rate_limit_exceeded");
  first.leave();
  const Reply other = TestClient(server->port()).ask(post_pcm());
  EXPECT_EQ(other.status, 401);
  EXPECT_TRUE(json::parse(other.body).contains("error"));
}

// Guards against: clients of one route get errors in two forms.
TEST(KokoroErrors, HaveTheirFormOnTheirRoute) {
  FakeSynthesiser synthesiser;
  Options options = patient_options();
  options.keys = {"secret"};
  options.max_body_bytes = 1000;
  const auto server = serve(synthesiser, options);
  const std::string path = "/dev/captioned_speech";
  const std::string key = "Authorization: Bearer secret\r\n";
  const std::string hello = R"({"input": "Hello there."})";
  const std::vector<std::pair<std::string, int>> cases = {
      {post_to(path, hello), 401},
      {post_to(path, std::string(2000, ' '), key), 413},
      {post_to(path, hello, key + "Content-Encoding: gzip\r\n"), 415},
      {get(path, key), 405},
      {post_to(path, R"({"input": "a", "voice": "nobody"})", key), 404}};
  for (const auto& [request, status] : cases) {
    const Reply reply = TestClient(server->port()).ask(request);
    EXPECT_EQ(reply.status, status);
    const json body = json::parse(reply.body, nullptr, false);
    ASSERT_TRUE(body.is_object() && body.contains("detail")) << reply.body;
    EXPECT_EQ(body["detail"]["error"], "validation_error");
    EXPECT_TRUE(body["detail"]["message"].is_string());
  }
}

TEST(ElevenLabsErrors, OfASpeechThatFailsHaveTheirForm) {
  FakeSynthesiser breaks(
      [](const speech::Request&, const speech::SampleSink&) -> Result<speech::Summary> {
        return fail({.kind = ErrorKind::kUnavailable, .what = "it broke"});
      });
  const auto server = serve(breaks, patient_options());
  for (const char* path : {"/v1/text-to-speech/leo", "/v1/text-to-speech/leo/stream",
                           "/v1/text-to-speech/leo/with-timestamps",
                           "/v1/text-to-speech/leo/stream/with-timestamps"}) {
    const Reply reply = TestClient(server->port()).ask(post_to(path, R"({"text": "Hi"})"));
    EXPECT_EQ(reply.status, 503) << path;
    EXPECT_EQ(json::parse(reply.body)["detail"]["message"], "it broke") << path;
  }
}

}  // namespace
}  // namespace orpheus::http
