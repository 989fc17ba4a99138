// Compares the codec with its authors' program, and streams with whole clips.

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "codec_checks.h"
#include "snac/cpu_stream.h"
#include "snac/decoder.h"
#include "snac/graph_decoder.h"
#include "snac/graph_weights.h"
#include "snac/network.h"
#include "snac/stream.h"
#include "snac_golden.h"

namespace orpheus::snac {
namespace {

using codes::Frame;

double largest(const std::vector<float>& values) {
  double magnitude = 0;
  for (const float value : values)
    magnitude = std::max(magnitude, std::abs(static_cast<double>(value)));
  return magnitude;
}

// The output of each stage of the reference's decoder.model, [channels][time] as it was written;
// without noise.
using StageOutputs = std::map<std::string, std::vector<float>>;

StageOutputs golden_stages() {
  StageOutputs stages = {{"latent", golden::array<float>("latent.f32")}};
  for (int k = 0; k <= 8; ++k) {
    const std::string stage = "stage_" + std::to_string(k);
    stages[stage] = golden::array<float>(stage + ".f32");
  }
  return stages;
}

StageOutputs graph_stages(const std::shared_ptr<const tensor::GgufFile>& file, Stages mode) {
  const auto device = open_device();
  const auto config = read_config(*file);
  EXPECT_TRUE(config.has_value());
  const auto weights = GraphWeights::load(file, *config, *device);
  EXPECT_TRUE(weights.has_value());
  const auto frames = golden::frames();
  auto graph = tensor::Graph::build(
      *device, 4 * max_decoder_nodes(*config), [&](auto* context, auto* nodes) {
        build_decoder(context, nodes, **weights, {static_cast<int>(frames.size())}, mode);
      });
  EXPECT_TRUE(graph.has_value());
  const codes::CodeRows rows = codes::rows_of(frames);
  graph->set("codes_0", std::span<const int32_t>(rows.c0));
  graph->set("codes_1", std::span<const int32_t>(rows.c1));
  graph->set("codes_2", std::span<const int32_t>(rows.c2));
  for (int block = 0; block < config->num_blocks(); ++block) {
    const std::vector<float> silence(frames.size() *
                                     static_cast<size_t>(config->steps_per_frame(block)));
    graph->set(("noise_" + std::to_string(block)).c_str(), std::span<const float>(silence));
  }
  StageOutputs stages = golden_stages();
  if (mode == Stages::kRestart) {
    for (const auto& [stage, values] : stages)
      graph->set(("after_" + stage).c_str(), std::span<const float>(values));
  }
  EXPECT_TRUE(graph->compute().has_value());
  for (auto& [stage, values] : stages) graph->get(stage.c_str(), values);
  return stages;
}

StageOutputs kernel_stages(const std::shared_ptr<const tensor::GgufFile>& file) {
  auto weights = pack_cpu_weights(*file, *read_config(*file));
  EXPECT_TRUE(weights.has_value());
  std::map<int, std::vector<float>> rows;  // [time][stride]
  std::map<int, int> strides;
  CpuStream stream(std::make_shared<const CpuWeights>(std::move(*weights)), no_noise(), nullptr, 0,
                   [&](int stage, const float* values, int num_rows, int stride) {
                     rows[stage].insert(rows[stage].end(), values,
                                        values + static_cast<ptrdiff_t>(num_rows) * stride);
                     strides[stage] = stride;
                   });
  const SampleSink ignore = [](std::span<const float>) { return true; };
  EXPECT_TRUE(stream.push(golden::frames(), ignore).has_value());
  EXPECT_TRUE(stream.finish(ignore).has_value());
  StageOutputs stages;
  for (const auto& [name, expected] : golden_stages()) {
    if (name == "latent") continue;
    const int stage = std::stoi(name.substr(6));
    const auto stride = static_cast<size_t>(strides[stage]);
    const size_t time = rows[stage].size() / stride;
    const size_t channels = expected.size() / time;
    for (size_t c = 0; c < channels; ++c) {
      for (size_t t = 0; t < time; ++t) stages[name].push_back(rows[stage][t * stride + c]);
    }
  }
  return stages;
}

void expect_near_reference(const StageOutputs& found, double tolerance) {
  const StageOutputs expected = golden_stages();
  for (const auto& [stage, values] : found) {
    const double difference =
        largest_difference(values, expected.at(stage)) / largest(expected.at(stage));
    EXPECT_LT(difference, tolerance) << stage;
    testing::Test::RecordProperty(stage, std::to_string(difference * 1e6) + "e-6");
  }
}

TEST(CodecStages, EachByItselfEqualsTheReference) {
  expect_near_reference(graph_stages(golden::converted_file(), Stages::kRestart),
                        tolerance(Arithmetic::kGraph, 1e-5, 2e-3));
}

// The errors of consecutive stages add up, and the slope of snake multiplies them. The reference's
// own float32 error is 1.07e-5 at stage_6 (compared with the same network in double precision), so
// two programs may differ by twice that.
TEST(CodecStages, InARowDifferByTwoRoundingsAtMost) {
  expect_near_reference(graph_stages(golden::converted_file(), Stages::kKeep),
                        tolerance(Arithmetic::kGraph, 2.2e-5, 5e-2));
}

TEST(CodecStages, TheKernelsGiveThemToo) {
  expect_near_reference(kernel_stages(golden::converted_file()), 2.2e-5);
}

std::unique_ptr<GraphDecoder> opened_graph(GraphDecoder::OnCall on_call = {}) {
  const auto device = open_device();
  const auto file = golden::converted_file();
  const auto config = read_config(*file);
  EXPECT_TRUE(config.has_value());
  auto weights = GraphWeights::load(file, *config, *device);
  EXPECT_TRUE(weights.has_value());
  return std::make_unique<GraphDecoder>(std::move(*weights), device, std::move(on_call));
}

// The samples of windows of equal length that are decoded in one graph.
std::vector<std::vector<float>> decoded(GraphDecoder& decoder, std::span<const Window> windows) {
  std::vector<WindowTask> tasks;
  std::vector<WindowTask*> places;
  for (const Window& window : windows) tasks.push_back(*task_of(window, decoder.config()));
  for (WindowTask& task : tasks) places.push_back(&task);
  const auto done = decoder.decode(places);
  EXPECT_TRUE(done.has_value()) << done.error().message();
  std::vector<std::vector<float>> samples;
  for (WindowTask& task : tasks) samples.push_back(std::move(task.samples));
  return samples;
}

std::vector<float> decoded(GraphDecoder& decoder, const Window& window) {
  return decoded(decoder, std::span(&window, 1)).front();
}

class CodecTest : public testing::TestWithParam<Arithmetic> {
 protected:
  void SetUp() override {
    auto decoder = Decoder::open(golden::converted_codec(), open_device(), options());
    ASSERT_TRUE(decoder.has_value()) << decoder.error().message();
    decoder_ = std::move(*decoder);
  }

  static Options options() { return {.arithmetic = GetParam(), .max_window_frames = 20}; }

  std::vector<float> decode(const std::vector<Frame>& frames, const NoiseSource& noise) {
    auto samples = decoder_->decode(frames, noise);
    EXPECT_TRUE(samples.has_value()) << samples.error().message();
    return samples ? *samples : std::vector<float>();
  }

  std::unique_ptr<Decoder> decoder_;
};

INSTANTIATE_TEST_SUITE_P(Codec, CodecTest,
                         testing::Values(Arithmetic::kKernels, Arithmetic::kGraph),
                         [](const auto& test) {
                           return test.param == Arithmetic::kGraph ? "Graph" : "Kernels";
                         });

TEST_P(CodecTest, QuietAndNoisyAudioEqualTheReference) {
  const double quiet = largest_difference(decode(golden::frames(), no_noise()),
                                          golden::array<float>("audio_quiet.f32"));
  EXPECT_LT(quiet, tolerance(GetParam(), 1e-4, 5e-2));
  const NoiseSource given = golden::noise();
  const double noisy =
      largest_difference(decode(golden::frames(), given), golden::array<float>("audio_noisy.f32"));
  EXPECT_LT(noisy, tolerance(GetParam(), 1e-4, 0.1));
  RecordProperty("quiet", std::to_string(quiet * 1e6) + "e-6");
  RecordProperty("noisy", std::to_string(noisy * 1e6) + "e-6");
}

TEST_P(CodecTest, AStreamGivesWhatTheWholeGives) {
  std::mt19937 random(5);
  double worst = 0;
  for (const uint32_t seed : {1U, 2U, 3U}) {
    const auto frames = random_frames(210, seed);
    std::vector<float> whole;
    if (GetParam() == Arithmetic::kKernels) {
      whole = decode(frames, seeded_noise(seed));
    } else {
      whole = decoded(*opened_graph(), Window{.frames = frames, .noise = seeded_noise(seed)});
    }
    const auto stream = decoder_->stream(seeded_noise(seed));
    std::vector<float> streamed;
    const SampleSink sink = appending_to(streamed);
    for (std::span<const Frame> rest(frames); !rest.empty();) {
      const size_t count = std::min<size_t>(rest.size(), 1 + random() % 9);
      ASSERT_TRUE(stream->push(rest.first(count), sink).has_value());
      rest = rest.subspan(count);
    }
    ASSERT_TRUE(stream->finish(sink).has_value());
    ASSERT_EQ(streamed.size(), whole.size());
    worst = std::max(worst, largest_difference(streamed, whole));
  }
  EXPECT_LE(worst, GetParam() == Arithmetic::kKernels ? 0 : tolerance(GetParam(), 1e-5, 0.1));
  RecordProperty("difference", std::to_string(worst * 1e6) + "e-6");
}

TEST_P(CodecTest, ThreadsShareAClipToTheSameSamples) {
  for (const size_t num_frames : {1U, 17U, 50U, 203U}) {
    const auto frames = random_frames(num_frames, 4);
    const auto alone = decode(frames, seeded_noise(9));
    for (const int num_threads : {2, 3, 7}) {
      Options threaded = options();
      threaded.num_threads = num_threads;
      const auto decoder = Decoder::open(golden::converted_codec(), open_device(), threaded);
      ASSERT_TRUE(decoder.has_value());
      const auto together = (*decoder)->decode(frames, seeded_noise(9));
      ASSERT_TRUE(together.has_value());
      EXPECT_EQ(largest_difference(*together, alone), 0) << num_frames << " on " << num_threads;
    }
  }
}

TEST_P(CodecTest, StreamsSideBySideGiveWhatTheyGiveAlone) {
  constexpr size_t kNumStreams = 8;
  std::vector<std::vector<Frame>> frames;
  std::vector<std::unique_ptr<Stream>> streams;
  std::vector<std::vector<float>> samples(kNumStreams);
  for (uint32_t i = 0; i < kNumStreams; ++i) {
    frames.push_back(random_frames(12, i));
    streams.push_back(decoder_->stream(seeded_noise(i)));
  }
  const auto sink_of = [&](size_t i) -> SampleSink {
    return [&samples, i](std::span<const float> more) {
      samples[i].insert(samples[i].end(), more.begin(), more.end());
      return true;
    };
  };
  for (size_t frame = 0; frame < 12; ++frame) {
    for (size_t i = 0; i < kNumStreams; ++i)
      ASSERT_TRUE(streams[i]->push({&frames[i][frame], 1}, sink_of(i)).has_value());
  }
  for (size_t i = 0; i < kNumStreams; ++i) {
    ASSERT_TRUE(streams[i]->finish(sink_of(i)).has_value());
    EXPECT_LE(largest_difference(samples[i], decode(frames[i], seeded_noise(i))),
              tolerance(GetParam(), 1e-5, 0.1));
  }
}

TEST_P(CodecTest, StreamsOnThreadsOfTheirOwnGiveWhatTheyGiveAlone) {
  constexpr size_t kNumStreams = 8;
  std::vector<std::vector<float>> samples(kNumStreams);
  {
    std::vector<std::jthread> threads;
    for (uint32_t i = 0; i < kNumStreams; ++i) {
      threads.emplace_back([&, i] {
        const auto stream = decoder_->stream(seeded_noise(i));
        const SampleSink sink = appending_to(samples[i]);
        for (const Frame& frame : random_frames(12, i))
          ASSERT_TRUE(stream->push({&frame, 1}, sink).has_value());
        ASSERT_TRUE(stream->finish(sink).has_value());
      });
    }
  }
  for (uint32_t i = 0; i < kNumStreams; ++i) {
    const auto alone = decode(random_frames(12, i), seeded_noise(i));
    EXPECT_LE(largest_difference(samples[i], alone),
              GetParam() == Arithmetic::kKernels ? 0 : tolerance(GetParam(), 1e-5, 0.1));
  }
}

// Guards against: latency. The first 21 tokens have the full context of half a frame.
TEST_P(CodecTest, TheFirstSoundComesAfterThreeFrames) {
  const auto stream = decoder_->stream(no_noise());
  size_t num_samples = 0;
  const SampleSink count = [&](std::span<const float> samples) {
    num_samples += samples.size();
    return true;
  };
  const auto frames = random_frames(7, 1);
  ASSERT_TRUE(stream->push({frames.data(), 2}, count).has_value());
  EXPECT_EQ(num_samples, 0);
  for (size_t i = 2; i < frames.size(); ++i) {
    ASSERT_TRUE(stream->push({&frames[i], 1}, count).has_value());
    // Kernels also return samples between two latents.
    EXPECT_GE(num_samples, (i - 2) * 2048 + 1024) << i;
    EXPECT_LT(num_samples, (i - 2) * 2048 + 1024 + 512) << i;
  }
}

// With less context, the first frame is earlier and approximate; all others are exact.
TEST_P(CodecTest, AnEarlyFirstFrameIsFollowedByTheExactSamples) {
  const auto frames = random_frames(9, 4);
  const auto exact = decode(frames, seeded_noise(4));
  constexpr std::array kLeastDb = {2.0, 8.0, 31.0};
  double last_error = HUGE_VAL;
  for (int context = 0; context < decoder_->config().context_frames(); ++context) {
    Options early = options();
    early.first_context_frames = context;
    auto decoder = Decoder::open(golden::converted_codec(), open_device(), early);
    ASSERT_TRUE(decoder.has_value());
    const auto stream = (*decoder)->stream(seeded_noise(4));
    std::vector<float> samples;
    const SampleSink sink = appending_to(samples);
    for (size_t i = 0; i < frames.size(); ++i) {
      ASSERT_TRUE(stream->push({&frames[i], 1}, sink).has_value());
      EXPECT_EQ(samples.size() >= 2048, i >= static_cast<size_t>(context)) << i;
    }
    ASSERT_TRUE(stream->finish(sink).has_value());
    ASSERT_EQ(samples.size(), exact.size());
    EXPECT_LE(largest_difference({samples.begin() + 2048, samples.end()},
                                 {exact.begin() + 2048, exact.end()}),
              tolerance(GetParam(), 1e-5, 0.1));
    double error = 0;
    double power = 0;
    for (size_t i = 0; i < 2048; ++i) {
      error += std::pow(double{samples[i]} - double{exact[i]}, 2);
      power += std::pow(double{exact[i]}, 2);
    }
    EXPECT_GT(error, 0);
    EXPECT_LT(error, last_error) << context;
    const auto at_once = (*decoder)->decode(frames, seeded_noise(4));
    ASSERT_TRUE(at_once.has_value());
    EXPECT_EQ(largest_difference(*at_once, exact), 0) << "there was no need to hurry";
    last_error = error;
    const double signal_to_error_db = 10 * std::log10(power / error);
    EXPECT_GT(signal_to_error_db, kLeastDb.at(static_cast<size_t>(context)));
    RecordProperty("signal_to_error_db_" + std::to_string(context),
                   std::to_string(signal_to_error_db));
  }
}

TEST_P(CodecTest, ASoundShorterThanTheEarlyContextIsExact) {
  Options early = options();
  early.first_context_frames = 2;
  auto decoder = Decoder::open(golden::converted_codec(), open_device(), early);
  ASSERT_TRUE(decoder.has_value());
  const auto frames = random_frames(2, 4);
  const auto stream = (*decoder)->stream(no_noise());
  std::vector<float> samples;
  const SampleSink sink = appending_to(samples);
  ASSERT_TRUE(stream->push(frames, sink).has_value());
  ASSERT_TRUE(stream->finish(sink).has_value());
  EXPECT_EQ(largest_difference(samples, decode(frames, no_noise())), 0);
}

TEST_P(CodecTest, AFrameChangesNoSamplesBeyondItsContext) {
  const int context = decoder_->config().context_frames();
  EXPECT_EQ(context, 3);
  auto frames = random_frames(12, 7);
  const auto before = decode(frames, no_noise());
  frames[6] = random_frames(1, 8).front();
  const auto after = decode(frames, no_noise());
  const auto changed = [&](size_t frame) {
    const auto start = static_cast<ptrdiff_t>(frame * 2048);
    return !std::equal(before.begin() + start, before.begin() + start + 2048,
                       after.begin() + start);
  };
  for (size_t frame = 0; frame < 12; ++frame) {
    EXPECT_EQ(changed(frame), frame + 3 >= 6 && frame <= 6 + 3) << "frame " << frame;
  }
}

TEST_P(CodecTest, ASinkThatHasEnoughEndsTheStream) {
  const auto stream = decoder_->stream(no_noise());
  const auto pushed =
      stream->push(random_frames(20, 1), [](std::span<const float>) { return false; });
  ASSERT_FALSE(pushed.has_value());
  EXPECT_EQ(pushed.error().kind, ErrorKind::kCancelled);
}

TEST_P(CodecTest, CodesOutsideOfTheCodebookAreRefused) {
  auto frames = random_frames(1, 1);
  frames[0].c2[3] = 4096;
  EXPECT_EQ(decoder_->decode(frames, no_noise()).error().kind, ErrorKind::kUsage);
  frames[0].c2[3] = -1;
  EXPECT_EQ(decoder_->decode(frames, no_noise()).error().kind, ErrorKind::kUsage);
}

// Guards against: streams that are side by side in one graph read each other's values: at the ends
// of the sound, where columns overlap, and in the noise.
TEST(GraphDecoder, WindowsDecodedTogetherGiveWhatEachGivesAlone) {
  const auto decoder = opened_graph();
  for (const uint32_t num_streams : {2U, 3U, 8U}) {
    std::vector<std::vector<Frame>> frames;
    std::vector<Window> windows;
    for (uint32_t i = 0; i < num_streams; ++i) frames.push_back(random_frames(7, i));
    for (uint32_t i = 0; i < num_streams; ++i) {
      windows.push_back({.frames = frames[i], .first_frame = i, .noise = seeded_noise(i)});
    }
    const auto together = decoded(*decoder, windows);
    ASSERT_EQ(together.size(), num_streams);
    for (size_t i = 0; i < num_streams; ++i) {
      EXPECT_LE(largest_difference(together[i], decoded(*decoder, windows[i])),
                tolerance(Arithmetic::kGraph, 1e-5, 0.1))
          << i << " of " << num_streams;
    }
  }
}

// Guards against: a graph that was not computed last has results where another graph's are, or
// takes its inputs from there.
TEST(GraphDecoder, GraphsOfManySizesShareTheirMemory) {
  const auto decoder = opened_graph();
  std::vector<std::vector<Frame>> frames;
  for (uint32_t i = 0; i < 8; ++i) frames.push_back(random_frames(5, i));
  std::mt19937 random(2);
  for (int round = 0; round < 8; ++round) {
    const std::array<size_t, 4> lengths = {1, 2, 3, 5};
    const size_t num_frames = lengths.at(random() % lengths.size());
    std::vector<Window> windows(1 + random() % 4);
    for (size_t i = 0; i < windows.size(); ++i) {
      const std::span<const Frame> all = frames[i % frames.size()];
      windows[i] = {.frames = all.first(num_frames), .noise = seeded_noise(i)};
    }
    const auto together = decoded(*decoder, windows);
    const size_t chosen = random() % windows.size();
    EXPECT_LE(largest_difference(together[chosen], decoded(*decoder, windows[chosen])),
              tolerance(Arithmetic::kGraph, 1e-5, 0.1))
        << chosen << " of " << windows.size() << " with " << num_frames << " frames";
  }
}

// Guards against: padding changes samples that have their full context, or noise comes from a wrong
// position.
TEST(GraphDecoder, PaddingChangesNoSampleBeyondTheContext) {
  const auto decoder = opened_graph();
  const auto context = static_cast<size_t>(decoder->config().context_latents()) * 512;
  const auto frames = random_frames(9, 3);
  const Window exact = {.frames = frames, .first_frame = 5, .noise = seeded_noise(3)};
  Window padded = exact;
  padded.padding_before = 2;
  padded.padding_after = 3;
  const std::vector<float> expected = decoded(*decoder, exact);
  const std::vector<float> found = decoded(*decoder, padded);
  ASSERT_EQ(found.size(), expected.size());
  const auto inner = [&](const std::vector<float>& samples) {
    return std::vector<float>(samples.begin() + static_cast<ptrdiff_t>(context),
                              samples.end() - static_cast<ptrdiff_t>(context));
  };
  EXPECT_LE(largest_difference(inner(found), inner(expected)),
            tolerance(Arithmetic::kGraph, 1e-5, 0.1));
}

}  // namespace
}  // namespace orpheus::snac
