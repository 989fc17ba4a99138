// Checks the windows in which the graph decodes the sound of many clients: together, in the order
// of need, and as long as the clients' buffers allow.

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "codec_checks.h"
#include "snac/call_counts.h"
#include "snac/graph_decoder.h"
#include "snac/graph_weights.h"
#include "snac/window_batch.h"
#include "snac/window_queue.h"
#include "snac/window_stream.h"
#include "snac_golden.h"

namespace orpheus::snac {
namespace {

using codes::Frame;
using Clock = Listener::Clock;

constexpr double kFrameSeconds = 2048.0 / 24000;

// A client whose buffer a test sets.
struct Client {
  std::atomic<double> seconds_in_hand = 0;
  std::atomic<int> num_wakes = 0;
  std::mutex mutex;
  std::condition_variable woken;

  std::shared_ptr<const Listener> listener() {
    return std::make_shared<const Listener>(
        Listener{.seconds_in_hand = [this](Clock::time_point) { return seconds_in_hand.load(); },
                 .wake =
                     [this] {
                       const std::lock_guard lock(mutex);
                       ++num_wakes;
                       woken.notify_all();
                     }});
  }
  // False: not within ten seconds.
  bool wait_for_wakes(int count) {
    std::unique_lock lock(mutex);
    return woken.wait_for(lock, std::chrono::seconds(10), [&] { return num_wakes >= count; });
  }
};

// Records the calls of a decoder and can hold up the first one.
class Calls {
 public:
  struct Call {
    int num_windows;
    int num_frames;
    bool operator==(const Call&) const = default;
  };

  GraphDecoder::OnCall recorder() {
    return [this](int num_windows, int num_frames) {
      std::unique_lock lock(mutex_);
      all_.push_back({num_windows, num_frames});
      counts_.add(num_frames, num_windows);
      changed_.notify_all();
      changed_.wait_for(lock, std::chrono::seconds(20), [&] { return !is_held_; });
    };
  }
  void hold() { set_held(true); }
  void release() { set_held(false); }
  void wait_for(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(20), [&] { return all_.size() >= count; });
  }
  std::vector<Call> all() {
    const std::lock_guard lock(mutex_);
    return all_;
  }
  std::string metrics() const { return counts_.text(); }

 private:
  void set_held(bool held) {
    const std::lock_guard lock(mutex_);
    is_held_ = held;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Call> all_;
  CallCounts counts_;
  bool is_held_ = false;
};

std::unique_ptr<WindowQueue> started_queue(Calls& calls, Company company = Company::kShared) {
  const auto device = open_device();
  const auto file = golden::converted_file();
  auto weights = GraphWeights::load(file, *read_config(*file), *device);
  EXPECT_TRUE(weights.has_value());
  auto queue = WindowQueue::start(
      std::make_unique<GraphDecoder>(std::move(*weights), device, calls.recorder()), company);
  EXPECT_TRUE(queue.has_value()) << queue.error().message();
  return std::move(*queue);
}

std::vector<float> whole(WindowQueue& queue, const std::vector<Frame>& frames, uint64_t seed) {
  auto samples = queue.decode({.frames = frames, .noise = seeded_noise(seed)});
  EXPECT_TRUE(samples.has_value());
  return std::move(*samples);
}

// Waits until the stream's window is decoded and passes its samples on.
void take_when_woken(Stream& stream, Client& client, int num_wakes, const SampleSink& sink) {
  ASSERT_TRUE(client.wait_for_wakes(num_wakes));
  for (bool is_computing = true; is_computing;) {
    const auto taken = stream.take(sink);
    ASSERT_TRUE(taken.has_value()) << taken.error().message();
    is_computing = *taken;
    if (is_computing) std::this_thread::yield();
  }
}

// Runs a stream to its end. before_push may change the client's buffer.
template <typename BeforePush>
std::vector<float> streamed(Stream& stream, Client& client, std::span<const Frame> frames,
                            const BeforePush& before_push) {
  std::vector<float> samples;
  const SampleSink sink = appending_to(samples);
  bool is_whole = false;
  while (true) {
    before_push();
    const int num_wakes = client.num_wakes;
    const auto is_computing = stream.begin_window();
    EXPECT_TRUE(is_computing.has_value()) << is_computing.error().message();
    if (*is_computing) {
      take_when_woken(stream, client, num_wakes + 1, sink);
    } else if (is_whole) {
      return samples;
    } else if (frames.empty()) {
      EXPECT_TRUE(stream.finish(sink).has_value());
      is_whole = true;
    } else {
      const size_t count = std::min(frames.size(), stream.frames_per_push());
      EXPECT_TRUE(stream.push(frames.first(count), sink).has_value());
      frames = frames.subspan(count);
    }
  }
}

// Guards against: the device decodes one stream after the other although several are waiting, or
// mixes their samples up, or the metrics do not show it.
TEST(WindowQueue, EightStreamsThatWaitAreDecodedInOneGraph) {
  constexpr size_t kNumStreams = 8;
  Calls calls;
  const auto queue = started_queue(calls);
  calls.hold();
  Client first;
  const auto busy =
      queue->order({.frames = random_frames(2, 0), .noise = no_noise()}, first.listener());
  calls.wait_for(1);
  std::array<Client, kNumStreams> clients;
  std::vector<std::unique_ptr<WindowStream>> streams;
  const SampleSink none = [](std::span<const float>) { return false; };
  for (uint32_t i = 0; i < kNumStreams; ++i) {
    streams.push_back(std::make_unique<WindowStream>(*queue, seeded_noise(i), Options{},
                                                     clients.at(i).listener()));
    ASSERT_TRUE(streams[i]->push(random_frames(3, i), none).has_value());
    ASSERT_EQ(streams[i]->begin_window().value(), true);
    EXPECT_EQ(streams[i]->take(none).value(), true);
  }
  calls.release();
  for (uint32_t i = 0; i < kNumStreams; ++i) {
    std::vector<float> samples;
    take_when_woken(*streams[i], clients.at(i), 1, appending_to(samples));
    const auto expected = whole(*queue, random_frames(3, i), i);
    ASSERT_EQ(samples.size(), 1024U);
    EXPECT_LE(largest_difference(samples, {expected.begin(), expected.begin() + 1024}),
              tolerance(Arithmetic::kGraph, 1e-5, 0.1));
  }
  EXPECT_EQ(calls.all().at(1), (Calls::Call{kNumStreams, 8 * 3}));
  const std::string metrics = calls.metrics();
  const std::string name = "orpheus_codec_streams_per_call_bucket{le=";
  EXPECT_NE(metrics.find(name + "\"6\"} 9\n"), std::string::npos) << metrics;
  EXPECT_NE(metrics.find(name + "\"8\"} 10\n"), std::string::npos) << metrics;
}

// Guards against: a client runs dry while the device decodes for clients that have sound.
TEST(WindowQueue, TheClientThatRunsDryFirstIsFirst) {
  Calls calls;
  const auto queue = started_queue(calls);
  calls.hold();
  Client client;
  std::vector<std::shared_ptr<WindowQueue::Order>> orders;
  const auto order = [&](size_t num_frames, double seconds_in_hand) {
    client.seconds_in_hand = seconds_in_hand;
    auto ordered = queue->order({.frames = random_frames(num_frames, 1), .noise = no_noise()},
                                client.listener());
    ASSERT_TRUE(ordered.has_value());
    orders.push_back(*ordered);
    if (orders.size() == 1) calls.wait_for(1);
  };
  order(1, 0);
  order(2, std::numeric_limits<double>::infinity());  // does not take its sound
  order(3, 5);
  order(4, -1);
  order(5, 0.5);
  calls.release();
  ASSERT_TRUE(client.wait_for_wakes(5));
  using Call = Calls::Call;
  EXPECT_EQ(calls.all(), (std::vector<Call>{{1, 1}, {1, 4}, {1, 5}, {1, 3}, {1, 2}}));
}

// Guards against: after an error, callers wait forever or get another window's samples.
TEST(WindowQueue, ARefusedWindowLeavesItUsable) {
  Calls calls;
  const auto queue = started_queue(calls);
  auto frames = random_frames(2, 1);
  EXPECT_FALSE(queue->decode({.noise = no_noise()}).has_value());
  frames[1].c2[3] = queue->config().codebook_size;
  EXPECT_FALSE(queue->decode({.frames = frames, .noise = no_noise()}).has_value());
  frames[1].c2[3] = 0;
  EXPECT_EQ(queue->decode({.frames = frames, .noise = no_noise()}).value().size(), 2U * 2048U);
}

// Guards against: a stream that ends early leaves its window behind, which is decoded for nobody,
// or memory that the device's thread still uses.
TEST(WindowQueue, AStreamMayEndBeforeItsWindowIsDecoded) {
  Calls calls;
  const auto queue = started_queue(calls);
  calls.hold();
  const SampleSink none = [](std::span<const float>) { return true; };
  std::array<Client, 2> clients;
  {
    std::vector<std::unique_ptr<WindowStream>> streams;
    for (Client& client : clients) {
      streams.push_back(
          std::make_unique<WindowStream>(*queue, no_noise(), Options{}, client.listener()));
      ASSERT_TRUE(streams.back()->push(random_frames(3, 1), none).has_value());
      ASSERT_EQ(streams.back()->begin_window().value(), true);
      calls.wait_for(1);
    }
  }
  calls.release();
  EXPECT_EQ(whole(*queue, random_frames(1, 1), 1).size(), 2048U);
  EXPECT_EQ(calls.all().size(), 2U);
  EXPECT_EQ(clients[1].num_wakes, 0);
}

// Guards against: samples are missing, twice or without their context where windows meet, for any
// course of the client's buffer.
TEST(WindowStream, WithAListenerGivesWhatTheWholeGives) {
  std::mt19937 random(5);
  for (const int max_frames : {4, 32}) {
    for (const size_t num_frames : {1U, 2U, 3U, 5U, 40U}) {
      Calls calls;
      const auto queue = started_queue(calls);
      const auto frames = random_frames(num_frames, 7);
      Client client;
      const Options options = {.max_window_frames = max_frames};
      WindowStream stream(*queue, seeded_noise(2), options, client.listener());
      const auto samples = streamed(stream, client, frames, [&] {
        client.seconds_in_hand = static_cast<double>(random() % 60) * kFrameSeconds - 0.5;
      });
      EXPECT_LE(largest_difference(samples, whole(*queue, frames, 2)),
                tolerance(Arithmetic::kGraph, 1e-5, 0.1))
          << num_frames << " frames in windows of " << max_frames;
    }
  }
}

// Guards against: windows that grow although the client has no sound to hear meanwhile, which is a
// gap in playback; windows that stay short for clients with much sound, which cost six times as
// much.
TEST(WindowStream, WindowsGrowAsFarAsTheClientsBufferAllows) {
  const auto lengths = [](double frames_in_hand, size_t num_frames) {
    Calls calls;
    const auto queue = started_queue(calls);
    Client client;
    client.seconds_in_hand = frames_in_hand * kFrameSeconds;
    WindowStream stream(*queue, no_noise(), {}, client.listener());
    const SampleSink ignore = [](std::span<const float>) { return true; };
    for (const Frame& frame : random_frames(num_frames, 1)) {
      EXPECT_TRUE(stream.push({&frame, 1}, ignore).has_value());
      const int num_wakes = client.num_wakes;
      if (*stream.begin_window()) take_when_woken(stream, client, num_wakes + 1, ignore);
    }
    std::vector<int> found;
    for (const Calls::Call& call : calls.all()) found.push_back(call.num_frames);
    return found;
  };
  // A window has five more frames of context, the first one two.
  const auto expected = [](int first, size_t num_others, int others) {
    std::vector<int> all(1 + num_others, others);
    all.front() = first;
    return all;
  };
  EXPECT_EQ(lengths(-3.0, 9), expected(3, 6, 1 + 5));
  EXPECT_EQ(lengths(1.9, 9), expected(3, 6, 1 + 5));
  EXPECT_EQ(lengths(2.1, 12), expected(4, 4, 2 + 5));
  EXPECT_EQ(lengths(11.0, 19), expected(10, 1, 8 + 5));
  EXPECT_EQ(lengths(500.0, 40), expected(34, 0, 32 + 5));
}

// Guards against: a stream whose frames stop coming keeps those that it has until its client has
// run dry.
TEST(WindowStream, IsWokenBeforeItsClientRunsDry) {
  Calls calls;
  const auto queue = started_queue(calls);
  const auto dry_at = Clock::now() + std::chrono::seconds(2);
  Client client;
  const auto plain = client.listener();
  const auto listener = std::make_shared<const Listener>(
      Listener{.seconds_in_hand =
                   [dry_at](Clock::time_point now) {
                     return std::chrono::duration<double>(dry_at - now).count();
                   },
               .wake = plain->wake});
  WindowStream stream(*queue, no_noise(), {}, listener);
  const SampleSink ignore = [](std::span<const float>) { return true; };
  ASSERT_TRUE(stream.push(random_frames(10, 1), ignore).has_value());  // 8 are ready
  for (int num_wakes = 1; !stream.begin_window().value(); ++num_wakes) {
    ASSERT_LT(num_wakes, 4) << "it is woken too early";
    ASSERT_TRUE(client.wait_for_wakes(num_wakes));
  }
  EXPECT_GT(dry_at, Clock::now());
  EXPECT_LT(dry_at, Clock::now() + std::chrono::milliseconds(1370));  // 16 frames
}

// Guards against: the end of a sound is decoded in a window far longer than the frames that are
// left, which costs as much as a second of sound.
TEST(WindowStream, TheLastWindowIsNoLongerThanItsFramesNeed) {
  for (const size_t num_frames : {6U, 9U, 20U}) {
    Calls calls;
    const auto queue = started_queue(calls);
    Client client;
    client.seconds_in_hand = -3 * kFrameSeconds;
    WindowStream stream(*queue, no_noise(), {}, client.listener());
    streamed(stream, client, random_frames(num_frames, 1), [] {});
    EXPECT_LE(calls.all().back().num_frames, 2 + 5) << num_frames;
  }
}

// Guards against: a client that streams waits for the whole context although it asked for an early
// first frame.
TEST(WindowDecoder, AClientsFirstFrameMayBeEarly) {
  const auto num_after_one_frame = [](int first_context_frames) {
    const auto decoder = Decoder::open(
        golden::converted_codec(), open_device(),
        {.arithmetic = Arithmetic::kGraph, .first_context_frames = first_context_frames});
    EXPECT_TRUE(decoder.has_value());
    Client client;
    const auto stream = (*decoder)->stream_for(client.listener(), no_noise());
    std::vector<float> samples;
    EXPECT_TRUE(stream->push(random_frames(1, 1), appending_to(samples)).has_value());
    return samples.size();
  };
  EXPECT_EQ(num_after_one_frame(0), 2048U);
  EXPECT_EQ(num_after_one_frame(kWholeContext), 0U);
}

// Guards against: with --reproducible, time or other streams change a sample.
TEST(WindowStream, ThatIsReproducibleGivesTheSameBits) {
  const auto frames = random_frames(14, 3);
  const auto samples_at = [&](double frames_in_hand, int num_others) {
    Calls calls;
    const auto queue = started_queue(calls, Company::kAlone);
    std::atomic<bool> ends = false;
    std::vector<std::jthread> others;
    for (int i = 0; i < num_others; ++i) {
      others.emplace_back([&] {
        while (!ends) whole(*queue, random_frames(6, 1), 1);
      });
    }
    Client client;
    client.seconds_in_hand = frames_in_hand * kFrameSeconds;
    WindowStream stream(*queue, seeded_noise(1), {.reproducible = true}, client.listener());
    auto samples = streamed(stream, client, frames, [] {});
    ends = true;
    for (const Calls::Call& call : calls.all()) EXPECT_EQ(call.num_windows, 1);
    return samples;
  };
  const auto expected = samples_at(0, 0);
  EXPECT_EQ(largest_difference(samples_at(30, 0), expected), 0);
  EXPECT_EQ(largest_difference(samples_at(3, 2), expected), 0);
}

}  // namespace
}  // namespace orpheus::snac
