// WebSockets of a real server.
#include "http/server/socket.h"

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/log_sink.h"
#include "http/server/testing/socket_client.h"
#include "http/testing/live_scripts.h"
#include "lm/too_busy.h"

namespace orpheus::http {
namespace {

using nlohmann::json;

const json kEnd = {{"type", "input_text.end"}};

// The metric's value; -1 if it is not there.
int64_t metric(uint16_t port, const std::string& name) {
  const std::string text = TestClient(port).ask(get("/metrics")).body;
  const size_t at = text.find("\n" + name + " ");
  return at == text.npos ? -1 : std::stoll(text.substr(at + name.size() + 2));
}

// Waits until it has the value; machines that run tests may be slow.
void expect_metric(uint16_t port, const std::string& name, int64_t value) {
  for (int i = 0; i < 1000 && metric(port, name) != value; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(metric(port, name), value) << name;
}

// The lines of the log while it lives.
class CapturedLog {
 public:
  CapturedLog() {
    log::send_to(log::Level::kInfo, [this](log::Level /*level*/, std::string_view line) {
      const std::lock_guard lock(mutex_);
      lines_ += std::string(line) + "\n";
    });
  }
  ~CapturedLog() { log::send_to(log::Level::kInfo, {}); }
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;
  std::string lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  std::mutex mutex_;
  std::string lines_;
};

TEST(Socket, ATextIsSpokenOverIt) {
  FakeSynthesiser synthesiser;
  const auto server = serve(synthesiser, patient_options());
  SocketClient client(server->port(),
                      "Sec-WebSocket-Extensions: permessage-deflate\r\n"
                      "Sec-WebSocket-Protocol: orpheus.speech, orpheus.key.x\r\n");
  EXPECT_EQ(client.head.status, 101);
  EXPECT_EQ(client.head.headers["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(client.head.headers["sec-websocket-protocol"], "orpheus.speech");
  EXPECT_FALSE(client.head.headers.contains("sec-websocket-extensions"));
  EXPECT_FALSE(client.head.headers["x-request-id"].empty());
  EXPECT_EQ(client.read_event("session.created")["session"]["response_format"], "pcm");
  client.say({{"type", "session.update"}, {"session", {{"binary", true}}}});
  for (int turn = 0; turn < 2; ++turn) {
    client.num_binary_bytes = 0;
    client.append("Hello there. How ");
    client.append("are you?");
    client.say(kEnd);
    EXPECT_TRUE(client.read_event("speech.audio.done").is_object());
    EXPECT_EQ(client.num_binary_bytes, size_t{4} * speech::kSamplesPerFrame * 2);
  }
  EXPECT_EQ(metric(server->port(), "orpheus_sockets"), 1);
  client.send(frame(0x88, "\x03\xE8"));
  EXPECT_EQ(client.read_close(), 1000);
  expect_metric(server->port(), "orpheus_sockets", 0);
  EXPECT_EQ(metric(server->port(), "orpheus_sockets_closed_total{code=\"1000\"}"), 1);
}

// Guards against: messages that come in one packet with the handshake are lost.
TEST(Socket, MessagesBehindTheHandshakeCount) {
  FakeSynthesiser synthesiser;
  const auto server = serve(synthesiser, patient_options());
  std::string behind = text_frame({{"type", "input_text.append"}, {"text", "Hello."}});
  behind += text_frame(kEnd) + frame(0x89, "ping");
  SocketClient client(server->port(), "", behind);
  EXPECT_TRUE(client.read_event("speech.audio.done").is_object());
}

TEST(Socket, EveryMalformedSequenceOfFramesEndsInACloseCodeAndALine) {
  FakeSynthesiser synthesiser;
  Options options = patient_options();
  options.max_body_bytes = 4096;
  const auto server = serve(synthesiser, options);
  struct Case {
    const char* what;
    std::string bytes;
    int code;
  };
  const std::vector<Case> cases = {
      {"no mask", std::string("\x81\x02{}", 4), 1002},
      {"reserved opcode", frame(0x83, "x"), 1002},
      {"reserved control opcode", frame(0x8B, "x"), 1002},
      {"reserved bit", frame(0xC1, "x"), 1002},
      {"compressed", frame(0xC1, "\xAA\x56\x02\x00"), 1002},
      {"continuation of nothing", frame(0x80, "x"), 1002},
      {"text within a fragmented text", frame(0x01, "{") + frame(0x81, "}"), 1002},
      {"fragmented ping", frame(0x09, "x"), 1002},
      {"long ping", frame(0x89, std::string(126, 'x')), 1002},
      {"close of one byte", frame(0x88, "x"), 1002},
      {"reserved close code", frame(0x88, "\x03\xED"), 1002},
      {"no UTF-8", frame(0x81, "\xFF"), 1007},
      {"no UTF-8 across fragments", frame(0x01, "\xC3") + frame(0x80, "("), 1007},
      {"close reason that is no UTF-8", frame(0x88, std::string("\x03\xE8\xFF")), 1002},
      {"too long", frame(0x81, std::string(5000, ' ')), 1009},
      {"too long in fragments",
       frame(0x01, std::string(3000, ' ')) + frame(0x80, std::string(3000, ' ')), 1009},
      {"binary", frame(0x82, "x"), 1003},
  };
  CapturedLog captured;
  for (const Case& given : cases) {
    SocketClient client(server->port());
    client.send(given.bytes);
    EXPECT_EQ(client.read_close(), given.code) << given.what;
    client.read_to_end();
    EXPECT_EQ(client.end(), TestClient::End::kClosed) << given.what;
  }
  expect_metric(server->port(), "orpheus_sockets", 0);
  server->stop();
  const std::string log = captured.lines();
  size_t num_lines = 0;
  for (const int code : {1002, 1003, 1007, 1009}) {
    const std::string field = "close_code=" + std::to_string(code);
    for (size_t at = log.find(field); at != log.npos; at = log.find(field, at + 1)) ++num_lines;
  }
  EXPECT_EQ(num_lines, cases.size()) << log;
}

// Guards against: one client's long messages hold up all others while they are parsed.
// Guards against: the close of the server and the read of a message wait for each other for ever,
// because the rest of the message breaks the protocol. A stop of the server then never ends.
TEST(Socket, AMessageThatBreaksTheProtocolDuringACloseHoldsUpNothing) {
  FakeSynthesiser synthesiser;
  const auto server = serve(synthesiser, patient_options());
  const std::string message = frame(0x81, std::string(3000, 'x') + "\xFF" + std::string(99, 'x'));
  for (const size_t before : {size_t{1}, size_t{3}, size_t{100}, message.size() - 1}) {
    SocketClient client(server->port(), "");
    client.send(frame(0x82, "binary is refused") + message.substr(0, before));
    EXPECT_EQ(client.read_close(), 1003);
    client.send(message.substr(before));
    expect_metric(server->port(), "orpheus_sockets", 0);
  }
}

TEST(Socket, AMessageMayHave64KiB) {
  FakeSynthesiser synthesiser;
  const auto server = serve(synthesiser, patient_options());
  SocketClient client(server->port());
  client.send(frame(0x81, std::string(size_t{64} << 10U, ' ')));
  client.read_event("error");
  client.send(frame(0x81, std::string((size_t{64} << 10U) + 1, ' ')));
  EXPECT_EQ(client.read_close(), 1009);
}

TEST(Socket, AKeyIsNotInTheLog) {
  FakeSynthesiser synthesiser;
  Options options = patient_options();
  options.keys = {"sesame-open"};
  const auto server = serve(synthesiser, options);
  CapturedLog captured;
  {
    SocketClient by_protocol(server->port(),
                             "Sec-WebSocket-Protocol: orpheus.speech, orpheus.key.sesame-open\r\n");
    EXPECT_TRUE(by_protocol.read_event("session.created").is_object());
    SocketClient by_message(server->port());
    by_message.say({{"type", "session.update"}, {"api_key", "sesame-open"}});
    EXPECT_TRUE(by_message.read_event("session.created").is_object());
    SocketClient wrong(server->port());
    wrong.say({{"type", "session.update"}, {"api_key", "sesame-closed"}});
    EXPECT_EQ(wrong.read_close(), 1008);
    SocketClient refused(server->port(), "Authorization: Bearer sesame-closed\r\n");
    EXPECT_EQ(refused.head.status, 401);
  }
  server->stop();
  const std::string log = captured.lines();
  EXPECT_NE(log.find("/v1/audio/speech/stream"), log.npos);
  EXPECT_EQ(log.find("sesame"), log.npos) << log;
}

TEST(Socket, ACancelFreesItsPlaceAndTheNextTurnBegins) {
  FakeSynthesiser synthesiser(endless());
  Options options = patient_options();
  options.max_speeches = 1;
  options.max_waiting_speeches = 0;
  const auto server = serve(synthesiser, options);
  SocketClient client(server->port());
  for (int turn = 0; turn < 3; ++turn) {
    client.append("Hello there. How ");
    const json delta = client.read_event("speech.audio.delta");
    client.say({{"type", "response.cancel"}});
    const json cancelled = client.read_event("response.cancelled");
    EXPECT_EQ(cancelled["response_id"], delta["response_id"]);
  }
  expect_metric(server->port(), "orpheus_requests_running", 0);
  EXPECT_EQ(metric(server->port(), "orpheus_cancelled_total"), 3);
  client.append("Hello there. How ");
  EXPECT_TRUE(client.read_event("speech.audio.delta").is_object());
  client.leave();
  expect_metric(server->port(), "orpheus_requests_running", 0);
}

TEST(Socket, AFullServerSaysSoAndTheSocketStaysOpen) {
  FakeSynthesiser synthesiser(endless());
  Options options = patient_options();
  options.max_speeches = 1;
  options.max_waiting_speeches = 0;
  const auto server = serve(synthesiser, options);
  SocketClient first(server->port());
  first.append("Hello there. How ");
  EXPECT_TRUE(first.read_event("speech.audio.delta").is_object());
  SocketClient second(server->port());
  second.append("Hello there. How ");
  EXPECT_EQ(second.read_event("error")["error"]["code"], "rate_limit_exceeded");
  EXPECT_EQ(metric(server->port(), "orpheus_refused_total"), 1);
  first.say({{"type", "response.cancel"}});
  first.read_event("response.cancelled");
  second.say({{"type", "response.cancel"}});
  second.append("Hello there. How ");
  EXPECT_TRUE(second.read_event("speech.audio.delta").is_object());
}

// Guards against: a client that the engine's guarantee refuses does not learn when to try again.
TEST(Socket, ARefusalOfTheEngineSaysWhenToTryAgain) {
  FakeSynthesiser synthesiser(
      [](const auto&, const auto&) -> Result<speech::Summary> { return fail(lm::too_busy(3)); });
  const auto server = serve(synthesiser, patient_options());
  SocketClient client(server->port());
  client.append("Hello there. How ");
  const json error = client.read_event("error")["error"];
  EXPECT_EQ(error["code"], "rate_limit_exceeded");
  ASSERT_TRUE(error["retry_after_seconds"].is_number()) << error;
  EXPECT_GE(error["retry_after_seconds"], 1);
  EXPECT_EQ(metric(server->port(), "orpheus_refused_total"), 1);
}

// Guards against: every socket holds a thread or a place while its client is silent.
TEST(Socket, IdleSocketsAreInNobodysWay) {
  FakeSynthesiser synthesiser;
  Options options = patient_options();
  options.max_speeches = 1;
  options.max_waiting_speeches = 0;
  const auto server = serve(synthesiser, options);
  std::vector<std::unique_ptr<SocketClient>> clients;
  for (int i = 0; i < 300; ++i) {
    clients.push_back(std::make_unique<SocketClient>(server->port()));
    ASSERT_EQ(clients.back()->head.status, 101);
  }
  EXPECT_EQ(metric(server->port(), "orpheus_sockets"), 300);
  for (const size_t i : {0U, 150U, 299U}) {
    clients[i]->append("Hello.");
    clients[i]->say(kEnd);
    EXPECT_TRUE(clients[i]->read_event("speech.audio.done").is_object());
  }
  server->stop();
  EXPECT_EQ(clients[7]->read_close(), 1001);
}

TEST(Socket, AServerThatStopsLetsASpeechEnd) {
  std::promise<void> go_on;
  FakeSynthesiser synthesiser(FakeSynthesiser::waiting_between_frames(go_on.get_future().share()));
  const auto server = serve(synthesiser, patient_options());
  SocketClient client(server->port());
  client.append("Hello there. How ");
  client.read_event("speech.audio.delta");
  std::thread stopping([&] { server->stop(); });
  while (metric(server->port(), "orpheus_sockets") == 1 &&
         TestClient(server->port()).ask(get("/health/ready")).status == 200)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  go_on.set_value();
  client.read_event("speech.audio.done");
  EXPECT_EQ(client.read_close(), 1001);
  stopping.join();
}

// Guards against: a supervisor's timeout is a little longer than the drain, and kills the server
// while it waits for a client that reads nothing.
TEST(Socket, AStopHoldsItsTimeAlsoWithAClientThatReadsNothing) {
  FakeSynthesiser synthesiser(endless());
  Options options = patient_options();
  options.drain_timeout = std::chrono::milliseconds(50);
  options.cancel_timeout = Options().cancel_timeout;
  const auto server = serve(synthesiser, options);
  SocketClient client(server->port());
  client.append("Hello there. How ");
  client.read_event("speech.audio.delta");
  const auto begin = std::chrono::steady_clock::now();
  server->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(1500));
}

// Guards against: a client that reads nothing makes the server keep all its sound.
TEST(Socket, AClientThatReadsNothingHoldsUpItsOwnSpeechOnly) {
  std::atomic<int> num_frames = 0;
  FakeSynthesiser synthesiser([&](const speech::Request& request,
                                  const speech::SampleSink& sink) -> Result<speech::Summary> {
    while (!request.cancel.cancelled() && sink(sine_frame(num_frames))) ++num_frames;
    return fail({.kind = ErrorKind::kCancelled, .what = "left"});
  });
  const auto server = serve(synthesiser, patient_options());
  SocketClient client(server->port());
  client.append("Hello there. How ");
  int before = -1;
  while (before != num_frames || before == 0) {
    before = num_frames;
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
  }
  EXPECT_LT(num_frames, 2000) << "more than 8 MiB of sound wait";
  EXPECT_EQ(TestClient(server->port()).ask(get("/health")).status, 200);
  client.leave();
  expect_metric(server->port(), "orpheus_sockets", 0);
}

TEST(Socket, AConnectionThatBreaksEndsItsSpeech) {
  FakeSynthesiser synthesiser(endless());
  const auto server = serve(synthesiser, patient_options());
  SocketClient client(server->port());
  client.append("Hello there. How ");
  client.read_event("speech.audio.delta");
  client.reset();
  expect_metric(server->port(), "orpheus_requests_running", 0);
  expect_metric(server->port(), "orpheus_sockets_closed_total{code=\"1006\"}", 1);
}

}  // namespace
}  // namespace orpheus::http
