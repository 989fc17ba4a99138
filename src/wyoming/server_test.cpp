// A real server and its connections.
#include "wyoming/server.h"

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/log_sink.h"
#include "http/testing/fake_synthesiser.h"
#include "lm/too_busy.h"
#include "wyoming/testing/client.h"

namespace orpheus::wyoming {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

// Options under which nothing ends because time passes.
http::Options patient_options() {
  http::Options options;
  options.idle_timeout = options.body_timeout = options.write_timeout = options.drain_timeout =
      options.cancel_timeout = std::chrono::hours(1);
  return options;
}

// A server with a pool of its own.
class Served {
 public:
  explicit Served(http::FakeSynthesiser& synthesiser,
                  const http::Options& options = patient_options())
      : context_(synthesiser, options),
        workers_(2, static_cast<size_t>(options.max_open_speeches()), 64) {
    auto started = Server::start("127.0.0.1", 0, context_.get(), workers_);
    EXPECT_TRUE(started.has_value()) << started.error().message();
    server = std::move(*started);
  }
  ~Served() { stop(); }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;

  void stop() {
    context_.live().drain();
    server->stop();
    workers_.stop();
  }
  uint16_t port() const { return server->port(); }
  http::Live& live() { return context_.live(); }
  http::WorkerPool& workers() { return workers_; }

  std::string metrics() { return context_.metrics().text(); }
  // Waits until the metrics have this line; machines that run tests may be slow.
  void expect_metric(const std::string& line) {
    for (int i = 0; i < 1000 && metrics().find("\n" + line + "\n") == std::string::npos; ++i)
      std::this_thread::sleep_for(milliseconds(10));
    EXPECT_NE(metrics().find("\n" + line + "\n"), std::string::npos) << line;
  }

  std::unique_ptr<Server> server;

 private:
  http::FakeContext context_;
  http::WorkerPool workers_;
};

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
  // Waits until a line has this text.
  bool has(const std::string& text) {
    for (int i = 0; i < 1000; ++i) {
      {
        const std::lock_guard lock(mutex_);
        if (lines_.find(text) != std::string::npos) return true;
      }
      std::this_thread::sleep_for(milliseconds(10));
    }
    const std::lock_guard lock(mutex_);
    ADD_FAILURE() << "no '" << text << "' in:\n" << lines_;
    return false;
  }

 private:
  std::mutex mutex_;
  std::string lines_;
};

TEST(WyomingServer, SpeaksOverAConnection) {
  CapturedLog log;
  http::FakeSynthesiser synthesiser;
  Served served(synthesiser);
  Client client(served.port());
  client.say("describe");
  EXPECT_EQ(client.read()->type, "info");
  for (int i = 0; i < 2; ++i) {
    client.say("synthesize", {{"text", "Hello there."}});
    const auto events = client.read_until("audio-stop");
    EXPECT_EQ(types_of(events), "audio-start audio-chunk*4 audio-stop");
    size_t num_bytes = 0;
    for (const Received& event : events) num_bytes += event.payload.size();
    EXPECT_EQ(num_bytes, size_t{4} * speech::kSamplesPerFrame * 2);
  }
  client.say("synthesize-start");
  client.say("synthesize-chunk", {{"text", "Hello there. How "}});
  client.say("synthesize-chunk", {{"text", "are you?"}});
  client.say("synthesize", {{"text", "Hello there. How are you?"}});
  client.say("synthesize-stop");
  EXPECT_EQ(types_of(client.read_until("synthesize-stopped")),
            "audio-start audio-chunk*4 audio-stop synthesize-stopped");
  served.expect_metric("orpheus_wyoming_connections 1");
  served.expect_metric("orpheus_wyoming_requests_total{event=\"synthesize\",status=\"200\"} 2");
  served.expect_metric(
      "orpheus_wyoming_requests_total{event=\"synthesize-start\",status=\"200\"} 1");
  EXPECT_TRUE(
      log.has("client=127.0.0.1 method=WYOMING route=synthesize status=200 voice=tara "
              "characters=12 bytes="));
  EXPECT_TRUE(log.has("route=describe"));
  client.leave();
  served.expect_metric("orpheus_wyoming_connections 0");
}

// Guards against: the sound of a text in parts begins only at its end.
TEST(WyomingServer, SoundComesWhileTheTextStillArrives) {
  std::promise<void> has_ended;
  std::shared_future<void> go_on = has_ended.get_future().share();
  http::FakeSynthesiser synthesiser(http::FakeSynthesiser::waiting_between_frames(go_on));
  Served served(synthesiser);
  Client client(served.port());
  client.say("synthesize-start");
  client.say("synthesize-chunk", {{"text", "Hello there. How "}});
  EXPECT_EQ(types_of(client.read_until("audio-chunk")), "audio-start audio-chunk");
  client.say("synthesize-stop");
  client.say("ping");
  EXPECT_EQ(client.read()->type, "pong");
  has_ended.set_value();
  EXPECT_EQ(types_of(client.read_until("synthesize-stopped")),
            "audio-chunk audio-stop synthesize-stopped");
}

// Guards against: a speech goes on for a client that has left.
TEST(WyomingServer, AClientThatLeavesEndsItsSpeech) {
  CapturedLog log;
  std::atomic<bool> was_cancelled = false;
  http::FakeSynthesiser synthesiser([&](const speech::Request& request,
                                        const speech::SampleSink& sink) -> Result<speech::Summary> {
    sink(http::sine_frame(0));
    while (!request.cancel.cancelled()) std::this_thread::sleep_for(milliseconds(1));
    was_cancelled = true;
    return fail({.kind = ErrorKind::kCancelled, .what = "left"});
  });
  Served served(synthesiser);
  Client client(served.port());
  client.say("synthesize", {{"text", "Hello."}});
  client.read_until("audio-chunk");
  client.leave();
  EXPECT_TRUE(log.has("ended_early=1"));
  served.expect_metric("orpheus_wyoming_connections 0");
  served.expect_metric("orpheus_requests_running 0");
  EXPECT_TRUE(was_cancelled);
}

TEST(WyomingServer, BytesThatAreNoEventsGetAnErrorAndTheEnd) {
  CapturedLog log;
  http::FakeSynthesiser synthesiser;
  Served served(synthesiser);
  Client client(served.port());
  // More than is read before the error: the answer must not be lost in a reset.
  client.send("POST / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n" + std::string(100'000, 'x'));
  const auto error = client.read();
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->type, "error");
  EXPECT_EQ(error->data["code"], "invalid_event");
  EXPECT_FALSE(client.read().has_value());
  EXPECT_FALSE(client.was_reset);
  EXPECT_TRUE(log.has("route=other status=400"));
}

// Guards against: a client that sends without end after its error is never left, and the server
// never stops.
TEST(WyomingServer, AClientThatFloodsAfterItsErrorIsLeft) {
  http::FakeSynthesiser synthesiser;
  Served served(synthesiser);
  Client client(served.port());
  std::thread flood([&] {
    const std::string zeros(1U << 20U, '\0');
    client.send("x\n");
    while (client.send(zeros)) continue;
  });
  const auto error = client.read();
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->type, "error");
  served.stop();
  flood.join();
}

TEST(WyomingServer, ItsSpeechesTakePlacesOfThePool) {
  std::promise<void> promise;
  http::FakeSynthesiser synthesiser(
      http::FakeSynthesiser::waiting_between_frames(promise.get_future().share()));
  http::Options options = patient_options();
  options.max_speeches = 1;
  options.max_waiting_speeches = 0;
  Served served(synthesiser, options);
  Client first(served.port());
  first.say("synthesize", {{"text", "Hello."}});
  first.read_until("audio-chunk");
  Client second(served.port());
  second.say("synthesize", {{"text", "Hello."}});
  const auto refusal = second.read();
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->data["code"], "rate_limit_exceeded");
  EXPECT_GE(refusal->data["retry_after_seconds"], 1);
  EXPECT_FALSE(second.read().has_value());
  served.expect_metric("orpheus_refused_total 1");
  promise.set_value();
  EXPECT_EQ(types_of(first.read_until("audio-stop")), "audio-chunk audio-stop");
}

// Guards against: a client that the engine's guarantee refuses does not learn when to try again.
TEST(WyomingServer, ARefusalOfTheEngineSaysWhenToTryAgain) {
  http::FakeSynthesiser synthesiser(
      [](const auto&, const auto&) -> Result<speech::Summary> { return fail(lm::too_busy(3)); });
  Served served(synthesiser, patient_options());
  Client client(served.port());
  client.say("synthesize", {{"text", "Hello."}});
  const auto refusal = client.read();
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->data["code"], "rate_limit_exceeded");
  EXPECT_GE(refusal->data["retry_after_seconds"], 1);
}

// Guards against: a speech of a client that does not read is made, and kept, to its end.
TEST(WyomingServer, ASpeechWaitsForAClientThatDoesNotRead) {
  std::atomic<int> num_frames = 0;
  constexpr int kNumFrames = 4000;  // 16 MB
  http::FakeSynthesiser synthesiser(
      [&](const speech::Request&, const speech::SampleSink& sink) -> Result<speech::Summary> {
        for (; num_frames < kNumFrames; ++num_frames)
          if (!sink(http::sine_frame(0))) return fail({.kind = ErrorKind::kCancelled, .what = ""});
        return speech::Summary{.num_samples = int64_t{kNumFrames} * speech::kSamplesPerFrame};
      });
  Served served(synthesiser);
  Client client(served.port(), 4096);
  client.say("synthesize", {{"text", "Hello."}});
  int before = -1;
  while (before != num_frames) {
    before = num_frames;
    std::this_thread::sleep_for(milliseconds(300));
  }
  EXPECT_LT(num_frames, kNumFrames / 4);
  EXPECT_EQ(client.read_until("audio-stop").size(), size_t{kNumFrames} + 2);
}

TEST(WyomingServer, AClientThatReadsNothingIsLeft) {
  http::FakeSynthesiser synthesiser(http::FakeSynthesiser::sine(4000));
  http::Options options = patient_options();
  options.write_timeout = milliseconds(200);
  Served served(synthesiser, options);
  Client client(served.port(), 4096);
  client.say("synthesize", {{"text", "Hello."}});
  served.expect_metric("orpheus_wyoming_connections 1");
  served.expect_metric("orpheus_wyoming_connections 0");
}

TEST(WyomingServer, AnIdleConnectionAndAHalfEventAreLeft) {
  http::FakeSynthesiser synthesiser;
  for (const bool is_within_event : {false, true}) {
    http::Options options = patient_options();
    (is_within_event ? options.body_timeout : options.idle_timeout) = milliseconds(100);
    Served served(synthesiser, options);
    Client client(served.port());
    if (is_within_event) client.send("{\"type\":");
    EXPECT_FALSE(client.read().has_value());
    served.expect_metric("orpheus_wyoming_connections 0");
  }
}

// Guards against: a client that asks without end and reads nothing takes memory without end.
TEST(WyomingServer, QuestionsOfAClientThatDoesNotReadWait) {
  http::FakeSynthesiser synthesiser;
  Served served(synthesiser);
  Client client(served.port());
  std::string many;
  for (int i = 0; i < 3000; ++i) many += event_bytes("describe");
  std::thread sender([&] { EXPECT_TRUE(client.send(many)); });
  for (int i = 0; i < 3000; ++i) ASSERT_EQ(client.read()->type, "info");
  sender.join();
}

TEST(WyomingServer, TheLongestIdleConnectionGivesWay) {
  http::FakeSynthesiser synthesiser;
  Served served(synthesiser);
  Client first(served.port());
  first.say("ping");
  EXPECT_EQ(first.read()->type, "pong");
  std::vector<std::unique_ptr<Client>> others;
  for (size_t i = 0; i + 1 < Server::kMaxConnections; ++i)
    others.push_back(std::make_unique<Client>(served.port()));
  served.expect_metric("orpheus_wyoming_connections 256");
  Client last(served.port());
  last.say("ping");
  EXPECT_EQ(last.read()->type, "pong");
  EXPECT_FALSE(first.read().has_value());
}

// Guards against: connections with a text that never goes on keep every other client out.
TEST(WyomingServer, AConnectionWhoseTextHasNoWordsYetGivesWay) {
  http::FakeSynthesiser synthesiser;
  Served served(synthesiser);
  std::vector<std::unique_ptr<Client>> waiting;
  for (size_t i = 0; i < Server::kMaxConnections; ++i) {
    waiting.push_back(std::make_unique<Client>(served.port()));
    waiting.back()->say("synthesize-start");
    waiting.back()->say("ping");
    ASSERT_EQ(waiting.back()->read()->type, "pong");
  }
  Client last(served.port());
  last.say("ping");
  EXPECT_EQ(last.read()->type, "pong");
  EXPECT_FALSE(waiting.front()->read().has_value());
}

TEST(WyomingServer, StoppingFinishesTheSpeechesThatSound) {
  std::promise<void> promise;
  http::FakeSynthesiser synthesiser(
      http::FakeSynthesiser::waiting_between_frames(promise.get_future().share()));
  Served served(synthesiser);
  Client idle(served.port());
  Client client(served.port());
  client.say("synthesize", {{"text", "Hello."}});
  client.read_until("audio-chunk");
  served.live().drain();
  served.server->drain();
  EXPECT_FALSE(idle.read().has_value());
  promise.set_value();
  EXPECT_EQ(types_of(client.read_until("audio-stop")), "audio-chunk audio-stop");
  EXPECT_FALSE(client.read().has_value());
  served.stop();
  EXPECT_FALSE(Client(served.port()).is_connected);
}

TEST(WyomingServer, StoppingRefusesTheSpeechesThatWait) {
  http::FakeSynthesiser synthesiser(
      [](const speech::Request& request, const speech::SampleSink&) -> Result<speech::Summary> {
        while (!request.cancel.cancelled()) std::this_thread::sleep_for(milliseconds(1));
        return fail({.kind = ErrorKind::kCancelled, .what = "cancelled"});
      });
  Served served(synthesiser);
  Client client(served.port());
  client.say("synthesize", {{"text", "Hello."}});
  served.expect_metric("orpheus_requests_waiting 1");
  served.live().drain();
  served.server->drain();
  served.workers().refuse_waiting();
  const auto error = client.read();
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->data["code"], "server_stopping");
}

TEST(WyomingServer, StoppingCancelsWhatDoesNotEndInTime) {
  http::FakeSynthesiser synthesiser([&](const speech::Request& request,
                                        const speech::SampleSink& sink) -> Result<speech::Summary> {
    sink(http::sine_frame(0));
    while (!request.cancel.cancelled()) std::this_thread::sleep_for(milliseconds(1));
    return fail({.kind = ErrorKind::kCancelled, .what = "cancelled"});
  });
  http::Options options = patient_options();
  options.drain_timeout = milliseconds(50);
  Served served(synthesiser, options);
  Client client(served.port());
  client.say("synthesize", {{"text", "Hello."}});
  client.read_until("audio-chunk");
  std::thread stopping([&] { served.stop(); });
  const auto events = client.read_until("error");
  stopping.join();
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events.back().data["code"], "server_stopping");
}

// Guards against: the program stops seconds after the time that it was given.
TEST(WyomingServer, StoppingHoldsItsTimeAlsoWithAClientThatReadsNothing) {
  http::FakeSynthesiser synthesiser([&](const speech::Request& request,
                                        const speech::SampleSink& sink) -> Result<speech::Summary> {
    while (!request.cancel.cancelled() && sink(http::sine_frame(0))) {
    }
    return fail({.kind = ErrorKind::kCancelled, .what = "cancelled"});
  });
  http::Options options = patient_options();
  options.drain_timeout = milliseconds(50);
  options.cancel_timeout = http::Options().cancel_timeout;
  Served served(synthesiser, options);
  Client client(served.port());
  client.say("synthesize", {{"text", "Hello."}});
  client.read_until("audio-chunk");
  const auto begin = std::chrono::steady_clock::now();
  served.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(1500));
}

TEST(WyomingServer, APortInUseIsAnError) {
  http::FakeSynthesiser synthesiser;
  Served served(synthesiser);
  http::FakeContext context(synthesiser);
  http::WorkerPool workers(1, 1, 1);
  const auto second = Server::start("127.0.0.1", served.port(), context.get(), workers);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().kind, ErrorKind::kUnavailable);
}

}  // namespace
}  // namespace orpheus::wyoming
