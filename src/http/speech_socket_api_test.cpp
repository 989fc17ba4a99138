#include "http/speech_socket_api.h"

#include <gtest/gtest.h>

#include "http/conversation.h"
#include "http/testing/fake_synthesiser.h"
#include "http/testing/recorded.h"

namespace orpheus::http {
namespace {

class SocketRoute : public ::testing::Test {
 protected:
  Request request(std::vector<Header> more = {}) const {
    Request request{.method = "GET",
                    .path = "/v1/audio/speech/stream",
                    .headers = {{"Host", "localhost"},
                                {"Upgrade", "WebSocket"},
                                {"Connection", "keep-alive, Upgrade"},
                                {"Sec-WebSocket-Version", "13"},
                                {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}}};
    request.headers.insert(request.headers.end(), more.begin(), more.end());
    return request;
  }
  Answer answer(const Request& request) {
    const auto routes = speech_socket_routes(context_.get());
    const auto guard = [this](Access access, const Request& guarded) {
      return refuse_access(*context_.live().now().options, access, guarded);
    };
    return Router(routes, guard).answer(request);
  }
  int status(const Request& request) {
    const Answer answered = answer(request);
    const auto* refusal = std::get_if<Response>(&answered);
    return refusal == nullptr ? 101 : refusal->status;
  }
  // Whether the conversation waits for a key.
  bool waits_for_key(const Request& request) {
    const Answer answered = answer(request);
    const auto& conversation = std::get<Upgrade>(answered).conversation;
    conversation->open({});
    return !conversation->next().has_value();
  }

  FakeSynthesiser synthesiser_;
  FakeContext context_{synthesiser_};
};

TEST_F(SocketRoute, AHandshakeBecomesAConversation) {
  EXPECT_EQ(status(request()), 101);
  Request wrong = request();
  wrong.method = "HEAD";
  EXPECT_EQ(status(wrong), 426);
  wrong = request();
  wrong.headers[1].value = "h2c";
  EXPECT_EQ(status(wrong), 426);
  wrong = request();
  wrong.headers[3].value = "8";
  EXPECT_EQ(status(wrong), 426);
  wrong = request();
  wrong.headers[4].value = "short";
  EXPECT_EQ(status(wrong), 400);
  wrong = request();
  wrong.body = "x";
  EXPECT_EQ(status(wrong), 400);
}

// Guards against: a page of another site opens a socket, which no rule of browsers forbids.
TEST_F(SocketRoute, APageOfAnotherSiteIsRefused) {
  EXPECT_EQ(status(request({{"Origin", "https://evil.example"}})), 403);
  EXPECT_EQ(status(request({{"Origin", "http://localhost"}})), 101);
}

TEST_F(SocketRoute, AKeyComesAsAHeaderASubprotocolOrAMessage) {
  context_.live().replace({.keys = {"secret"}}, context_.live().now().synthesiser);
  EXPECT_FALSE(waits_for_key(request({{"Authorization", "Bearer secret"}})));
  EXPECT_FALSE(waits_for_key(request({{"X-API-Key", "secret"}})));
  EXPECT_FALSE(
      waits_for_key(request({{"Sec-WebSocket-Protocol", "orpheus.speech, orpheus.key.secret"}})));
  EXPECT_FALSE(
      waits_for_key(request({{"Sec-WebSocket-Protocol", "orpheus.speech"},
                             {"Sec-WebSocket-Protocol", "openai-insecure-api-key.secret"}})));
  EXPECT_TRUE(waits_for_key(request()));
  EXPECT_EQ(status(request({{"Authorization", "Bearer wrong"}})), 401);
  EXPECT_EQ(status(request({{"Sec-WebSocket-Protocol", "orpheus.speech, orpheus.key.wrong"}})),
            401);
}

TEST_F(SocketRoute, OnlyItsOwnSubprotocolIsAccepted) {
  const auto chosen = [&](const char* offered) {
    return std::get<Upgrade>(answer(request({{"Sec-WebSocket-Protocol", offered}}))).subprotocol;
  };
  EXPECT_EQ(chosen("a, orpheus.speech, orpheus.key.x"), "orpheus.speech");
  EXPECT_EQ(chosen("a, orpheus.key.x"), "");
}

TEST_F(SocketRoute, AServerThatStopsRefuses) {
  context_.live().drain();
  EXPECT_EQ(status(request()), 503);
}

}  // namespace
}  // namespace orpheus::http
