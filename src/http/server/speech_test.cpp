// Speech over the wire: what arrives, when, and what happens to those who do not listen.

#include <atomic>
#include <chrono>
#include <future>
#include <latch>
#include <stdexcept>
#include <thread>
#include <vector>

#include "audio/pcm.h"
#include "audio/wav.h"
#include "http/server/testing/test_client.h"

namespace orpheus::http {
namespace {

using namespace std::chrono_literals;
using speech::SampleSink;
using speech::Summary;

Result<Summary> cancelled() { return fail({.kind = ErrorKind::kCancelled, .what = "cancelled"}); }

std::string pcm_of_sine(int num_frames) {
  std::vector<std::byte> bytes;
  for (int frame = 0; frame < num_frames; ++frame) {
    audio::append_int16_bytes(sine_frame(frame), bytes);
  }
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Says when it began and when it learned of its cancellation; speaks nothing.
struct Listening {
  std::promise<void> began;
  std::promise<void> noticed;
  FakeSynthesiser synthesiser{
      [this](const speech::Request& request, const SampleSink&) -> Result<Summary> {
        began.set_value();
        while (!request.cancel.cancelled()) std::this_thread::sleep_for(1ms);
        noticed.set_value();
        return cancelled();
      }};
};

TEST(Speech, ArrivesSampleForSample) {
  FakeSynthesiser synthesiser(FakeSynthesiser::sine(7));
  const auto server = serve(synthesiser);
  TestClient client(server->port());
  const Reply pcm = client.ask(post_pcm());
  EXPECT_EQ(pcm.status, 200);
  EXPECT_EQ(pcm.headers.at("content-type"), "audio/pcm");
  EXPECT_EQ(pcm.headers.at("transfer-encoding"), "chunked");
  EXPECT_EQ(pcm.headers.at("x-voice"), "tara");
  EXPECT_EQ(pcm.headers.at("x-model"), "sine");
  EXPECT_TRUE(pcm.whole);
  EXPECT_EQ(pcm.body, pcm_of_sine(7));

  const Reply wav = client.ask(post(R"({"input": "Hi", "response_format": "wav"})"));
  const auto header = audio::wav_header(24000, std::nullopt);
  EXPECT_EQ(wav.headers.at("content-type"), "audio/wav");
  EXPECT_EQ(wav.body, std::string(reinterpret_cast<const char*>(header.data()), header.size()) +
                          pcm_of_sine(7));
}

TEST(Speech, BeginsBeforeItIsAllMade) {
  std::promise<void> heard;
  auto first_was_heard = heard.get_future().share();
  FakeSynthesiser synthesiser(FakeSynthesiser::waiting_between_frames(first_was_heard));
  const auto server = serve(synthesiser);
  TestClient client(server->port());
  client.send(post_pcm());
  EXPECT_EQ(client.read_head().status, 200);
  EXPECT_EQ(client.read_chunk(), pcm_of_sine(1));
  heard.set_value();
  EXPECT_EQ(client.read_chunk(), pcm_of_sine(2).substr(4096));
  EXPECT_EQ(client.read_chunk(), "");
}

TEST(Speech, IsCancelledWhenItsListenerLeaves) {
  // No sound is written and no time-out comes: the client's system says that nobody is there, when
  // it is asked (100 Continue, after a second).
  Listening listening;
  const auto server = serve(listening.synthesiser, patient_options());
  TestClient client(server->port());
  client.send(post_pcm());
  listening.began.get_future().wait();
  client.leave();
  listening.noticed.get_future().wait();
}

// The system tells of it at once where bytes were left unread.
TEST(Speech, IsCancelledAtOnceWhenItsListenerResetsTheConnection) {
  Listening listening;
  const auto server = serve(listening.synthesiser, patient_options());
  TestClient client(server->port());
  client.send(post_pcm());
  listening.began.get_future().wait();
  client.reset();
  listening.noticed.get_future().wait();
}

// Guards against: a client that half-closes after its request ("nc -N") gets no response.
TEST(Speech, IsHeardByAListenerThatHasEndedItsHalf) {
  std::promise<void> go_on;
  FakeSynthesiser synthesiser(FakeSynthesiser::waiting_between_frames(go_on.get_future().share()));
  const auto server = serve(synthesiser, patient_options());
  TestClient client(server->port());
  client.send(post_pcm() + get("/health") + post_pcm());
  client.half_close();
  EXPECT_EQ(client.read_head().status, 200);
  EXPECT_EQ(client.read_chunk(), pcm_of_sine(1));
  std::this_thread::sleep_for(50ms);
  go_on.set_value();
  EXPECT_EQ(client.read_chunk()->size(), 4096U);
  EXPECT_EQ(client.read_chunk(), "");
  EXPECT_EQ(client.read_reply().status, 200);  // and so is what it asked for before
  EXPECT_TRUE(client.read_reply().whole);
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(client.end(), TestClient::End::kClosed);
}

// It waits for its first sound for so long that the server asks whether it is there.
TEST(Speech, MayTakeItsTimeThoughTheListenerHasEndedItsHalf) {
  std::promise<void> go_on;
  auto may_go_on = go_on.get_future().share();
  FakeSynthesiser synthesiser(
      [=](const speech::Request&, const SampleSink& sink) -> Result<Summary> {
        may_go_on.wait();
        sink(sine_frame(0));
        return Summary{};
      });
  const auto server = serve(synthesiser, patient_options());
  TestClient client(server->port());
  TestClient old(server->port());
  client.send(post_pcm());
  client.half_close();
  old.send(post_pcm("", "1.0"));  // knows no 100 Continue
  old.half_close();
  EXPECT_EQ(client.read_head().status, 100);
  go_on.set_value();
  Reply reply = client.read_reply();
  while (reply.status == 100) reply = client.read_reply();
  EXPECT_EQ(reply.status, 200);
  EXPECT_TRUE(reply.whole);
  EXPECT_EQ(old.read_reply().body, pcm_of_sine(1));
}

// Guards against: a client disconnects while the server sends nothing, and the request keeps its
// lane.
TEST(Speech, IsCancelledWhenItsListenerEndsItsHalfWhileItListens) {
  std::promise<void> cancelled;
  FakeSynthesiser synthesiser(
      [&](const speech::Request& request, const SampleSink& sink) -> Result<Summary> {
        sink(sine_frame(0));
        while (!request.cancel.cancelled()) std::this_thread::sleep_for(5ms);
        cancelled.set_value();
        return fail({.kind = ErrorKind::kCancelled, .what = "the listener left"});
      });
  const auto server = serve(synthesiser, patient_options());
  TestClient client(server->port());
  client.send(post_pcm());
  EXPECT_EQ(client.read_head().status, 200);
  EXPECT_EQ(client.read_chunk(), pcm_of_sine(1));
  std::this_thread::sleep_for(300ms);
  client.half_close();
  EXPECT_EQ(cancelled.get_future().wait_for(10s), std::future_status::ready);
}

TEST(Speech, IsCancelledWhenItsListenerLeavesInTheMiddle) {
  std::promise<void> ended;
  FakeSynthesiser synthesiser(
      [&](const speech::Request&, const SampleSink& sink) -> Result<Summary> {
        while (sink(sine_frame(0))) {
        }
        ended.set_value();
        return cancelled();
      });
  const auto server = serve(synthesiser);
  TestClient client(server->port());
  client.send(post_pcm());
  EXPECT_EQ(client.read_head().status, 200);
  client.read_chunk();
  client.leave();
  ended.get_future().wait();
  EXPECT_TRUE(is_well(server->port()));
}

TEST(Speech, GoesOnWhenTheNextRequestComesEarly) {
  std::promise<void> heard;
  auto first_was_heard = heard.get_future().share();
  FakeSynthesiser synthesiser(
      [=](const speech::Request& request, const SampleSink& sink) -> Result<Summary> {
        sink(sine_frame(0));
        first_was_heard.wait();
        EXPECT_FALSE(request.cancel.cancelled());
        sink(sine_frame(1));
        return Summary{};
      });
  const auto server = serve(synthesiser);
  TestClient client(server->port());
  client.send(post_pcm());
  EXPECT_EQ(client.read_head().status, 200);
  client.read_chunk();
  client.send(get("/health"));
  heard.set_value();
  EXPECT_EQ(client.read_chunk()->size(), 4096U);
  EXPECT_EQ(client.read_chunk(), "");
  EXPECT_EQ(client.read_reply().status, 200);
}

TEST(Speech, WaitsForASlowListenerWhoIsInNobodysWay) {
  constexpr size_t kNumFrames = 8000;  // 32 MB, more than any socket holds
  std::atomic<size_t> num_made{0};
  FakeSynthesiser synthesiser(
      [&](const speech::Request& request, const SampleSink& sink) -> Result<Summary> {
        const std::vector<float> frame = sine_frame(0);
        if (request.text == "short") {
          sink(frame);
          return Summary{};
        }
        for (size_t i = 0; i < kNumFrames; ++i) {
          if (!sink(frame)) return cancelled();
          ++num_made;
        }
        return Summary{};
      });
  Options options = patient_options();
  options.max_speeches = 1;
  const auto server = serve(synthesiser, options);
  TestClient client(server->port(), 64 << 10);
  client.send(post_pcm());
  EXPECT_EQ(client.read_head().status, 200);
  // Another can only be spoken once the first waits.
  TestClient other(server->port());
  EXPECT_TRUE(other.ask(post(R"({"input": "short"})")).whole);
  EXPECT_LT(num_made, kNumFrames / 2);
  size_t num_bytes = 0;
  for (auto chunk = client.read_chunk(); chunk && !chunk->empty(); chunk = client.read_chunk()) {
    num_bytes += chunk->size();
  }
  EXPECT_EQ(num_bytes, kNumFrames * 4096);
}

TEST(Speech, GivesUpOnAListenerWhoTakesNothing) {
  std::promise<void> ended;
  FakeSynthesiser synthesiser(
      [&](const speech::Request& request, const SampleSink& sink) -> Result<Summary> {
        const std::vector<float> frame = sine_frame(0);
        while (sink(frame)) {
        }
        EXPECT_TRUE(request.cancel.cancelled());
        ended.set_value();
        return cancelled();
      });
  Options options;
  options.write_timeout = 200ms;
  const auto server = serve(synthesiser, options);
  TestClient client(server->port(), 64 << 10);
  client.send(post_pcm());
  ended.get_future().wait();
}

TEST(Speech, OneTooManyIsToldToComeBack) {
  constexpr int kNumListeners = 8;
  constexpr int kNumPlaces = 3;  // two that speak, one that waits
  std::latch refused(kNumListeners - kNumPlaces);
  FakeSynthesiser synthesiser(
      [&](const speech::Request&, const SampleSink& sink) -> Result<Summary> {
        refused.wait();
        sink(sine_frame(0));
        return Summary{};
      });
  Options options;
  options.max_speeches = 2;
  options.max_waiting_speeches = 1;
  const auto server = serve(synthesiser, options);
  std::atomic<int> num_spoken{0};
  std::vector<std::thread> listeners;
  for (int i = 0; i < kNumListeners; ++i) {
    listeners.emplace_back([&] {
      TestClient client(server->port());
      Reply reply = client.ask(post_pcm());
      if (reply.status == 200) {
        ++num_spoken;
        return;
      }
      EXPECT_EQ(reply.status, 429);
      const int retry_after = std::stoi(reply.headers["retry-after"]);
      EXPECT_TRUE(retry_after >= 1 && retry_after < 60) << retry_after;
      EXPECT_NE(reply.body.find("rate_limit_error"), std::string::npos);
      refused.count_down();
      EXPECT_EQ(client.ask(get("/health")).status, 200);
    });
  }
  for (std::thread& listener : listeners) listener.join();
  EXPECT_EQ(num_spoken, kNumPlaces);
}

// Guards against: a reload reports success, but the server still applies the old limits.
TEST(Speech, MayBeMoreAfterAReload) {
  std::promise<void> go_on;
  FakeSynthesiser synthesiser(FakeSynthesiser::waiting_between_frames(go_on.get_future().share()));
  Options options = patient_options();
  options.port = 0;
  options.max_speeches = 1;
  options.max_waiting_speeches = 0;
  Live live(options);
  const std::shared_ptr<speech::Synthesiser> voice(&synthesiser, [](speech::Synthesiser*) {});
  live.replace(options, voice);
  const auto server = std::move(*Server::start(live));
  TestClient first(server->port());
  first.send(post_pcm());
  EXPECT_EQ(first.read_head().status, 200);
  TestClient second(server->port());
  EXPECT_EQ(second.ask(post_pcm()).status, 429);
  options.max_waiting_speeches = 1;
  live.replace(options, voice);
  second.send(post_pcm());
  EXPECT_EQ(second.read_head().status, 200);
  EXPECT_EQ(TestClient(server->port()).ask(post_pcm()).status, 429);
  go_on.set_value();
}

TEST(Speech, ManyAtOnceAreAllSpoken) {
  FakeSynthesiser synthesiser(FakeSynthesiser::sine(12));
  Options options;
  options.max_speeches = 8;
  options.max_waiting_speeches = 50;
  const auto server = serve(synthesiser, options);
  const std::string expected = pcm_of_sine(12);
  std::vector<std::thread> listeners;
  std::atomic<int> num_right{0};
  for (int i = 0; i < 50; ++i) {
    listeners.emplace_back([&] {
      TestClient client(server->port());
      const Reply reply = client.ask(post_pcm());
      if (reply.whole && reply.body == expected) ++num_right;
    });
  }
  for (std::thread& listener : listeners) listener.join();
  EXPECT_EQ(num_right, 50);
}

TEST(Speech, ThatFailsBeforeItsFirstSampleHasAStatus) {
  FakeSynthesiser synthesiser([](const speech::Request&, const SampleSink&) -> Result<Summary> {
    return fail({.kind = ErrorKind::kUnavailable, .what = "the language model is away"});
  });
  const auto server = serve(synthesiser);
  TestClient client(server->port());
  const Reply reply = client.ask(post_pcm());
  EXPECT_EQ(reply.status, 503);
  EXPECT_NE(reply.body.find("the language model is away"), std::string::npos);
  EXPECT_EQ(client.ask(get("/health")).status, 200);
}

TEST(Speech, ThatFailsLaterIsCutOffAndCannotBeTakenForWhole) {
  FakeSynthesiser synthesiser(
      [](const speech::Request&, const SampleSink& sink) -> Result<Summary> {
        sink(sine_frame(0));
        return fail({.kind = ErrorKind::kInternal, .what = "it broke"});
      });
  const auto server = serve(synthesiser);
  TestClient client(server->port());
  const Reply reply = client.ask(post_pcm());
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, pcm_of_sine(1));
  EXPECT_FALSE(reply.whole);

  TestClient old(server->port());
  old.ask(post_pcm("", "1.0"));
  EXPECT_EQ(old.end(), TestClient::End::kReset);
}

TEST(Speech, ThatThrowsCostsItsOwnRequestAndNoOther) {
  FakeSynthesiser synthesiser(
      [](const speech::Request& request, const SampleSink& sink) -> Result<Summary> {
        if (request.text == "late") sink(sine_frame(0));
        throw std::runtime_error("thrown by a library");
      });
  const auto server = serve(synthesiser);
  TestClient client(server->port());
  EXPECT_EQ(client.ask(post_pcm()).status, 500);
  EXPECT_FALSE(client.ask(post(R"({"input": "late"})")).whole);
  EXPECT_TRUE(is_well(server->port()));
  // A speech is counted until its end, whatever the end is.
  const auto is_counted = [&] {
    const std::string metrics = TestClient(server->port()).ask(get("/metrics")).body;
    return metrics.find("\norpheus_requests_running 0\n") == std::string::npos ||
           metrics.find("\norpheus_requests_waiting 0\n") == std::string::npos;
  };
  const auto begin = std::chrono::steady_clock::now();
  while (is_counted() && std::chrono::steady_clock::now() - begin < 20s)
    std::this_thread::sleep_for(1ms);
  EXPECT_FALSE(is_counted());
}

}  // namespace
}  // namespace orpheus::http
