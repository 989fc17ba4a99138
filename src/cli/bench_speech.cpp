// orpheus bench speech: measures the waits of listeners, for the first sound and for later sound.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "cli/bench.h"
#include "cli/bench_live.h"
#include "cli/checks.h"
#include "cli/command.h"
#include "cli/machine.h"
#include "cli/progress.h"
#include "library/synthesiser.h"
#include "speech/synthesiser.h"

namespace orpheus::cli {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr const char* kText =
    "The quick brown fox jumps over the lazy dog, and the dog does not mind.";
constexpr const char* kLiveText =
    "Good morning. It is cold outside today, so take a warm coat with you when you leave. The next "
    "bus comes in twelve minutes, and it stops at the corner, right in front of the bakery. If you "
    "miss it, there is another one at a quarter past eight.";
constexpr int kSpeechTokens = 210;       // 2.5 seconds
constexpr int kLiveSpeechTokens = 1230;  // of each piece

struct BenchOptions {
  std::string text = {};  // empty: the usual one
  std::optional<int> speech_tokens = {};
  std::vector<int> listeners = {1, 4};
  bool as_json = false;
  bool is_live = false;
  LiveBenchOptions live = {};

  int max_tokens() const {
    return speech_tokens.value_or(is_live ? kLiveSpeechTokens : kSpeechTokens);
  }
};

// The times of one listener.
struct Heard {
  Result<void> done;
  double first_s = 0;  // from the request to the first sample
  int first_sound_tokens = 0;
  double total_s = 0;
  double sound_s = 0;
  std::vector<double> gaps_s;  // between one delivery and the next
};

double since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

Heard listen(speech::Synthesiser& synthesiser, const speech::Request& request) {
  Heard heard;
  const auto begin = Clock::now();
  auto last = begin;
  int64_t num_samples = 0;
  const auto spoken = synthesiser.speak(request, [&](std::span<const float> samples) {
    if (samples.empty()) return true;
    if (num_samples == 0) {
      heard.first_s = since(begin);
    } else {
      heard.gaps_s.push_back(since(last));
    }
    last = Clock::now();
    num_samples += static_cast<int64_t>(samples.size());
    return true;
  });
  heard.total_s = since(begin);
  heard.sound_s = static_cast<double>(num_samples) / speech::kSampleRateHz;
  if (spoken) {
    heard.first_sound_tokens = spoken->first_sound_tokens;
  } else {
    heard.done = fail(spoken.error());
  }
  return heard;
}

Result<json> measure(speech::Synthesiser& synthesiser, const BenchOptions& options,
                     const config::Settings& settings, int num_listeners) {
  std::vector<Heard> all(static_cast<size_t>(num_listeners));
  std::vector<std::jthread> threads;
  const auto begin = Clock::now();
  for (int i = 0; i < num_listeners; ++i) {
    speech::Request request;
    request.text = options.text.empty() ? kText : options.text;
    request.sampling = settings.sampling;
    request.sampling.seed = static_cast<uint64_t>(i) + 1;
    request.max_tokens = options.max_tokens();
    threads.emplace_back(
        [&synthesiser, request = std::move(request), &heard = all[static_cast<size_t>(i)]] {
          heard = listen(synthesiser, request);
        });
  }
  threads.clear();  // joins
  const double wall_s = since(begin);

  double sound_s = 0;
  int first_sound_tokens = 0;
  std::vector<double> firsts;
  std::vector<double> gaps;
  for (const Heard& heard : all) {
    ORPHEUS_CHECK(heard.done);
    firsts.push_back(heard.first_s);
    first_sound_tokens = std::max(first_sound_tokens, heard.first_sound_tokens);
    gaps.insert(gaps.end(), heard.gaps_s.begin(), heard.gaps_s.end());
    sound_s += heard.sound_s;
  }
  // Below 1: faster than real time.
  return json{
      {"first_sound_tokens", first_sound_tokens},
      {"first_sample_s", {{"p50", percentile(firsts, 0.5)}, {"p99", percentile(firsts, 0.99)}}},
      {"between_chunks_s", {{"p50", percentile(gaps, 0.5)}, {"p99", percentile(gaps, 0.99)}}},
      {"real_time_factor", wall_s * num_listeners / sound_s},
      {"x_realtime_together", sound_s / wall_s}};
}

Result<json> measure_as_asked(speech::Synthesiser& synthesiser, const BenchOptions& options,
                              const config::Settings& settings, int num_listeners) {
  if (!options.is_live) return measure(synthesiser, options, settings, num_listeners);
  LiveBenchOptions live = options.live;
  live.text = options.text.empty() ? kLiveText : options.text;
  live.max_tokens = options.max_tokens();
  return measure_live(synthesiser, live, settings, num_listeners);
}

std::string told(const std::string& num_listeners, const json& figures) {
  return fmt::format(
      "{} listeners: first sound after {:.2f} s (99 %: {:.2f}), then every {:.3f} s (99 %: "
      "{:.3f}), real-time factor {:.2f}\n",
      num_listeners, figures["first_sample_s"]["p50"].get<double>(),
      figures["first_sample_s"]["p99"].get<double>(),
      figures["between_chunks_s"]["p50"].get<double>(),
      figures["between_chunks_s"]["p99"].get<double>(), figures["real_time_factor"].get<double>());
}

Result<void> run_bench(const BenchOptions& options, const config::Settings& settings) {
  library::Choices choices = choices_of(settings);
  choices.max_sequences =
      settings.voice.engine.max_sequences;  // so that figures of machines can be compared
  choices.max_tokens = std::max(options.max_tokens(), settings.max_tokens);
  ORPHEUS_TRY(const library::Fitted fitted,
              library::fit_to_machine(settings.voice, choices, hardware::find_facts(),
                                      library::Spread::kFirstDevice));
  ORPHEUS_TRY(const auto synthesiser, library::open_synthesiser(fitted, LoadingLine()));
  Progress progress;
  json report = json::object();
  for (const int count : options.listeners) {
    progress.show(fmt::format("{} listeners", count));
    ORPHEUS_TRY(report[std::to_string(count)],
                measure_as_asked(*synthesiser, options, settings, count));
  }
  if (options.as_json) {
    std::cout << json{{options.is_live ? "live_listeners" : "listeners", report}}.dump() << "\n";
    return {};
  }
  for (const auto& [count, figures] : report.items())
    std::cout << (options.is_live ? told_live(count, figures) : told(count, figures));
  return {};
}

}  // namespace

void add_bench_speech(CLI::App& bench, config::Settings& settings, Chosen& chosen) {
  auto options = std::make_shared<BenchOptions>();
  CLI::App* command = bench.add_subcommand(
      "speech", "Measure the wait for the first sound and between sounds, for several requests");
  command->footer(R"(Example:
  orpheus bench speech --listeners 1,4,8 --model lm.gguf --codec snac.gguf)");
  command->add_option("--text", options->text, "The text of every request")->type_name("TEXT");
  command
      ->add_option("--speech-tokens", options->speech_tokens,
                   "Most audio tokens of a request, or of a piece with --live; 82 make one second")
      ->transform(whole_number(7, 1 << 20))
      ->type_name("N")
      ->default_str(fmt::format("{}, with --live {}", kSpeechTokens, kLiveSpeechTokens));
  command
      ->add_option("--listeners", options->listeners,
                   "Numbers of concurrent requests; each is measured in turn")
      ->delimiter(',')
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->check(CLI::Range(1, 256))
      ->type_name("N,…")
      ->default_str("1,4");
  command->add_flag("--live", options->is_live,
                    "Speak a text while it arrives: word by word, and in bursts");
  command
      ->add_option("--words-per-second", options->live.words_per_second,
                   "How fast the text arrives, with --live")
      ->check(number(0.1, 10'000))
      ->type_name("X")
      ->capture_default_str();
  add_number_flag(*command, "--runs", "Texts of each listener, with --live", 1, 1000,
                  options->live.num_runs);
  command->add_flag("--json", options->as_json, "Print one line of JSON");
  add_model_flag(*command, settings);
  add_codec_flag(*command, settings);
  add_setting_flag(*command, settings, "codec_arithmetic");
  add_device_flags(*command, settings);
  add_engine_flags(*command, settings);
  command->callback([&chosen, &settings, options] {
    chosen.action = [&settings, options] { return run_bench(*options, settings); };
  });
}

}  // namespace orpheus::cli
