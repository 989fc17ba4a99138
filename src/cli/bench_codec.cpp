// orpheus bench codec: measures the seconds of sound that the codec decodes in a second.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/log.h"
#include "cli/bench.h"
#include "cli/checks.h"
#include "cli/progress.h"
#include "codes/frame.h"
#include "snac/decoder.h"
#include "snac/matrix.h"
#include "snac/options.h"
#include "tensor/device.h"
#include "tensor/usable_cores.h"

namespace orpheus::cli {
namespace {

constexpr uint64_t kNoiseSeed = 0;
constexpr int kNumBatched = 8;
constexpr size_t kBatchedPush = 1;  // frames in each push, as from a language model

struct BenchOptions {
  int num_frames = 48;
  int num_runs = 7;
  bool as_json = false;
  snac::Options codec;  // the settings', and the number of threads
};

std::vector<codes::Frame> random_frames(int count, int codebook_size) {
  std::mt19937 random(1);
  std::vector<codes::Frame> frames(static_cast<size_t>(count));
  const auto fill = [&](auto& row) {
    for (int32_t& code : row)
      code = static_cast<int32_t>(random() % static_cast<uint32_t>(codebook_size));
  };
  for (codes::Frame& frame : frames) {
    fill(frame.c0);
    fill(frame.c1);
    fill(frame.c2);
  }
  return frames;
}

// Seconds of the fastest of several runs, after one warm-up run.
template <typename Work>
Result<double> quickest(int num_runs, const Work& work) {
  double best = 0;
  for (int run = 0; run <= num_runs; ++run) {
    const auto begin = std::chrono::steady_clock::now();
    ORPHEUS_CHECK(work());
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    if (run == 1 || (run > 1 && taken.count() < best)) best = taken.count();
  }
  return best;
}

bool ignore(std::span<const float> /*samples*/) { return true; }

// Runs work(0) … work(num_threads − 1), each on a thread.
template <typename Work>
Result<void> on_threads(int num_threads, const Work& work) {
  std::vector<Result<void>> done(static_cast<size_t>(num_threads));
  {
    std::vector<std::jthread> others;
    for (int i = 1; i < num_threads; ++i)
      others.emplace_back([&, i] { done[static_cast<size_t>(i)] = work(i); });
    done[0] = work(0);
  }
  for (const Result<void>& result : done) ORPHEUS_CHECK(result);
  return {};
}

Result<void> decode_stream(snac::Decoder& decoder, std::span<const codes::Frame> frames,
                           size_t frames_a_push, uint64_t noise_seed) {
  const auto stream = decoder.stream(snac::seeded_noise(noise_seed));
  for (; !frames.empty(); frames = frames.subspan(std::min(frames.size(), frames_a_push)))
    ORPHEUS_CHECK(stream->push(frames.first(std::min(frames.size(), frames_a_push)), ignore));
  return stream->finish(ignore);
}

Result<nlohmann::ordered_json> measure(snac::Decoder& decoder, const BenchOptions& options) {
  const auto frames = random_frames(options.num_frames, decoder.config().codebook_size);
  const double seconds_of_sound = static_cast<double>(frames.size()) *
                                  decoder.config().samples_per_frame() /
                                  decoder.config().sample_rate_hz;
  Progress progress;
  progress.show("whole clips");
  nlohmann::ordered_json answer;
  ORPHEUS_TRY(const double whole, quickest(options.num_runs, [&]() -> Result<void> {
                ORPHEUS_TRY(const auto samples,
                            decoder.decode(frames, snac::seeded_noise(kNoiseSeed)));
                return {};
              }));
  answer["whole_x_realtime"] = seconds_of_sound / whole;
  for (const size_t frames_a_push : {1U, 2U, 4U}) {
    const std::string name = std::to_string(frames_a_push);
    progress.show("streams, frames a push: " + name);
    ORPHEUS_TRY(const double taken, quickest(options.num_runs, [&] {
                  return decode_stream(decoder, frames, frames_a_push, kNoiseSeed);
                }));
    answer["stream_x_realtime"][name] = seconds_of_sound / taken;
  }
  progress.show("eight streams");
  const auto few = std::span(frames).first((frames.size() + 3) / 4);
  ORPHEUS_TRY(const double batch, quickest(options.num_runs, [&] {
                return on_threads(kNumBatched, [&](int i) {
                  return decode_stream(decoder, few, kBatchedPush,
                                       kNoiseSeed + static_cast<uint64_t>(i));
                });
              }));
  answer["batch8_x_realtime"] = seconds_of_sound * kNumBatched * static_cast<double>(few.size()) /
                                static_cast<double>(frames.size()) / batch;
  answer["gflop_s"] =
      1e-9 * decoder.config().flop_per_frame() * static_cast<double>(frames.size()) / whole;
  answer["gemm_gflop_s"] = measure_gemm_gflop_s(options.codec.num_threads, options.num_runs);
  return answer;
}

void print_table(const nlohmann::ordered_json& answer, int num_threads) {
  const auto row = [](const char* name, double value, const char* unit) {
    std::printf("%-28s %8.2f %s\n", name, value, unit);
  };
  std::printf("codec, %d thread%s, noise on\n", num_threads, num_threads == 1 ? "" : "s");
  row("whole clip", answer["whole_x_realtime"], "x real time");
  for (const auto& [frames, speed] : answer["stream_x_realtime"].items())
    row(("stream, frames a push: " + frames).c_str(), speed, "x real time");
  row("eight streams together", answer["batch8_x_realtime"], "x real time");
  row("arithmetic", answer["gflop_s"], "GFLOP/s");
  row("matrix product, in cache", answer["gemm_gflop_s"], "GFLOP/s");
}

Result<void> bench(BenchOptions options, const config::Settings& settings) {
  tensor::DeviceOptions device_options = settings.voice.device;
  if (device_options.num_threads == 0) device_options.num_threads = tensor::num_usable_cores();
  options.codec = settings.voice.decoder;
  options.codec.num_threads = device_options.num_threads;
  // Each of the eight streams has a thread, for any number of cores.
  if (!tensor::keep_to_cores(device_options.num_threads))
    log::warn(
        "threads cannot be pinned to cores on this system: the measurement of eight streams uses "
        "all cores");
  ORPHEUS_TRY(std::shared_ptr<const tensor::Device> device, tensor::Device::open(device_options));
  ORPHEUS_TRY(const auto decoder,
              snac::Decoder::open(settings.voice.codec, std::move(device), options.codec));
  ORPHEUS_TRY(const auto answer, measure(*decoder, options));
  if (options.as_json) {
    std::printf("%s\n", answer.dump().c_str());
  } else {
    print_table(answer, options.codec.num_threads);
  }
  return {};
}

}  // namespace

// The matrix product's best speed on this machine: rows and weights stay in the nearest caches, on
// all threads at once.
double measure_gemm_gflop_s(int num_threads, int num_runs) {
  constexpr int kInputs = 128;
  constexpr int kColumns = 128;
  constexpr int kRows = 48;
  constexpr int kRepeats = 2000;
  const std::vector<float> values(size_t{kInputs} * kColumns, 0.01F);
  const snac::Matrix matrix(values, kInputs, kColumns, {});
  const auto multiply = [&](int) -> Result<void> {
    const std::vector<float> in(size_t{kRows} * kInputs, 0.5F);
    std::vector<float> out(size_t{kRows} * kColumns);
    for (int i = 0; i < kRepeats; ++i)
      matrix.multiply(in.data(), kInputs, kRows, out.data(), kColumns);
    return {};
  };
  const auto seconds = quickest(num_runs, [&] { return on_threads(num_threads, multiply); });
  return 2e-9 * kInputs * kColumns * kRows * kRepeats * num_threads / *seconds;
}

void add_bench_codec(CLI::App& group, config::Settings& settings, Chosen& chosen) {
  auto options = std::make_shared<BenchOptions>();
  CLI::App* command = group.add_subcommand(
      "codec", "Measure decoding of random frames, with noise: whole clips and streams");
  command->footer("Example:\n  orpheus bench codec --codec snac.gguf --threads 1 --json");
  add_number_flag(*command, "--frames", "Length of the clip in frames of 85 ms", 1, 100000,
                  options->num_frames);
  add_number_flag(*command, "--runs", "Runs of each measurement; the best is reported", 1, 1000,
                  options->num_runs);
  command->add_flag("--json", options->as_json, "Print one line of JSON");
  add_codec_flag(*command, settings);
  add_setting_flag(*command, settings, "codec_arithmetic");
  add_device_flags(*command, settings, "Decoding threads; 0: one per core");
  command->callback([&chosen, &settings, options] {
    if (settings.voice.codec.empty()) throw CLI::RequiredError("--codec");
    chosen.action = [&settings, options] { return bench(*options, settings); };
  });
}

}  // namespace orpheus::cli
