// What a client gets if its speech still sounds when the server's time to stop is over. Each test
// guards against: the client takes the cut speech for a whole one, or for a fault of the server,
// and does not try another server.
#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "http/server/testing/socket_client.h"
#include "http/testing/live_scripts.h"

namespace orpheus::http {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

// The speeches of this server never end.
class DrainEnd : public ::testing::Test {
 protected:
  static Options options() {
    Options options = patient_options();
    options.drain_timeout = milliseconds(30);
    return options;
  }

  static std::string post_to(std::string_view path, const json& body) {
    const std::string text = body.dump();
    return "POST " + std::string(path) +
           " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(text.size()) +
           "\r\n\r\n" + text;
  }

  // Stops the server after the first sound, and reads the rest.
  Reply cut(const std::string& request) {
    TestClient client(server_->port());
    client.send(request);
    Reply reply = client.read_head();
    EXPECT_EQ(reply.status, 200);
    reply.body = client.read_chunk().value_or("");
    const auto stopping = stop();
    while (const auto chunk = client.read_chunk()) {
      reply.whole = chunk->empty();
      if (reply.whole) break;
      reply.body += *chunk;
    }
    return reply;
  }

  std::future<void> stop() {
    return std::async(std::launch::async, [this] { server_->stop(); });
  }

  struct Close {
    int code = 0;
    std::string reason = {};
  };
  // Reads to the close message. Calls on_event for each message of text before it.
  static Close read_close(SocketClient& client, const std::function<void(const json&)>& on_event) {
    while (const auto message = client.read_message()) {
      if (message->opcode == 1) on_event(json::parse(message->payload));
      if (message->opcode != 8 || message->payload.size() < 2) continue;
      return {.code = static_cast<unsigned char>(message->payload[0]) << 8 |
                      static_cast<unsigned char>(message->payload[1]),
              .reason = message->payload.substr(2)};
    }
    return {};
  }

  FakeSynthesiser synthesiser_{endless()};
  const std::unique_ptr<Server> server_ = serve(synthesiser_, options());
};

TEST_F(DrainEnd, EventsEndWithAnError) {
  const Reply reply = cut(post_to(
      "/v1/audio/speech", {{"input", "Hi"}, {"response_format", "pcm"}, {"stream_format", "sse"}}));
  EXPECT_TRUE(reply.whole);
  const size_t last = reply.body.rfind("data: ");
  ASSERT_NE(last, std::string::npos);
  const json event = json::parse(reply.body.substr(last + 6));
  EXPECT_EQ(event["type"], "error");
  EXPECT_EQ(event["error"]["code"], "server_stopping");
  EXPECT_EQ(event["error"]["message"], "the server is stopping");
}

TEST_F(DrainEnd, SoundIsCutWithoutALastChunk) {
  EXPECT_FALSE(
      cut(post_to("/v1/audio/speech", {{"input", "Hi"}, {"response_format", "pcm"}})).whole);
}

TEST_F(DrainEnd, LinesWithTimestampsAreCutWithoutALastChunk) {
  const Reply reply = cut(post_to(
      "/v1/text-to-speech/leo/stream/with-timestamps?output_format=pcm_24000", {{"text", "Hi"}}));
  EXPECT_FALSE(reply.whole);
  EXPECT_TRUE(reply.body.ends_with("\n")) << "a line is cut";
}

TEST_F(DrainEnd, LinesWithCaptionsAreCutWithoutALastChunk) {
  const Reply reply =
      cut(post_to("/dev/captioned_speech", {{"input", "Hi"}, {"response_format", "pcm"}}));
  EXPECT_FALSE(reply.whole);
  EXPECT_TRUE(reply.body.ends_with("\n")) << "a line is cut";
}

// Without chunks, the end of the connection is the end of the body.
TEST_F(DrainEnd, AnHttp10ClientGetsAReset) {
  TestClient client(server_->port());
  client.send(post_pcm("", "1.0"));
  EXPECT_EQ(client.read_head().status, 200);
  client.read_exactly(1);
  const auto stopping = stop();
  client.read_to_end();
  EXPECT_EQ(client.end(), TestClient::End::kReset);
}

TEST_F(DrainEnd, ASocketOfOursTellsAnErrorAndGoesAway) {
  SocketClient client(server_->port());
  client.append("Hello there. How ");
  client.read_event("speech.audio.delta");
  const auto stopping = stop();
  json last;
  const Close close = read_close(client, [&](const json& event) { last = event; });
  EXPECT_EQ(last["type"], "error");
  EXPECT_EQ(last["error"]["code"], "server_stopping");
  EXPECT_EQ(close.code, 1001);
  EXPECT_EQ(close.reason, "the server is stopping");
}

TEST_F(DrainEnd, AnElevenLabsSocketTellsAnErrorAndGoesAway) {
  auto client = SocketClient::at("/v1/text-to-speech/leo/stream-input?output_format=pcm_24000",
                                 server_->port());
  client.say({{"text", "Hello there. How "}});
  EXPECT_TRUE(client.read_json()["audio"].is_string());
  const auto stopping = stop();
  json last;
  const Close close = read_close(client, [&](const json& message) { last = message; });
  EXPECT_EQ(last["error"], "server_stopping");
  EXPECT_EQ(last["message"], "the server is stopping");
  EXPECT_EQ(last["code"], 1001);
  EXPECT_EQ(close.code, 1001);
  EXPECT_EQ(close.reason, "the server is stopping");
}

TEST_F(DrainEnd, EachContextOfASocketIsTold) {
  auto client = SocketClient::at(
      "/v1/text-to-speech/leo/multi-stream-input?output_format=pcm_24000", server_->port());
  std::map<std::string, json> last;
  for (const char* id : {"a", "b"}) {
    client.say({{"text", "Hello there. How "}, {"context_id", id}});
    while (!last.contains(id)) {
      const json message = client.read_json();
      ASSERT_TRUE(message.is_object());
      last[message["contextId"].get<std::string>()] = message;
    }
  }
  const auto stopping = stop();
  const Close close = read_close(client, [&](const json& message) {
    last[message["contextId"].get<std::string>()] = message;
  });
  ASSERT_EQ(last.size(), 2U);
  for (const auto& [id, message] : last) {
    EXPECT_EQ(message["error"], "server_stopping") << id;
    EXPECT_EQ(message["code"], 1001) << id;
  }
  EXPECT_EQ(close.code, 1001);
  EXPECT_EQ(close.reason, "the server is stopping");
}

// Guards against: the error for a client that reads nothing holds up the stop.
TEST(DrainEndInTime, AnEventStreamThatNobodyReadsHoldsNothingUp) {
  FakeSynthesiser synthesiser([&](const speech::Request& request,
                                  const speech::SampleSink& sink) -> Result<speech::Summary> {
    while (!request.cancel.cancelled() && sink(sine_frame(0))) {
    }
    return fail({.kind = ErrorKind::kCancelled, .what = "left"});
  });
  Options options = patient_options();
  options.drain_timeout = milliseconds(50);
  options.cancel_timeout = Options().cancel_timeout;
  const auto server = serve(synthesiser, options);
  TestClient client(server->port());
  client.send(post(R"({"input": "Hi", "response_format": "pcm", "stream_format": "sse"})"));
  EXPECT_EQ(client.read_head().status, 200);
  const auto begin = std::chrono::steady_clock::now();
  server->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(1500));
}

}  // namespace
}  // namespace orpheus::http
