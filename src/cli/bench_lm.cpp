// orpheus bench lm: measures how fast the language model reads prompts and makes tokens, for one
// and several sequences, beside the bound of the machine's memory.

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "cli/bench.h"
#include "cli/checks.h"
#include "cli/command.h"
#include "cli/progress.h"
#include "lm/engine/engine.h"
#include "lm/engine/fit.h"
#include "lm/llama/model.h"
#include "tensor/device_chain.h"
#include "tensor/host_memory.h"
#include "tensor/memory_speed.h"

namespace orpheus::cli {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

struct BenchOptions {
  int prompt = 64;
  int tokens = 32;
  std::vector<int> sequences = {1, 2, 4, 8};
  bool words = false;
  bool as_json = false;
};

enum class Words { kOff, kOn };

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

lm::GenerateRequest request_of(const llama::Model& model, int num_prompt_tokens, uint64_t seed) {
  const prompt::TokenLayout& layout = model.layout();
  lm::GenerateRequest request;
  for (int i = 0; i + 1 < num_prompt_tokens; ++i)
    request.prompt.push_back(static_cast<lm::Token>(static_cast<uint64_t>(i) * 7919 % 256));
  request.prompt.push_back(layout.start_of_speech);
  request.sampling.seed = seed;
  request.ignore_stop = true;
  return request;
}

// Reads the prompt until its first token; the best of three.
Result<double> prompt_speed(engine::Engine& engine, const llama::Model& model, int num_tokens) {
  double best = 0;
  for (int round = 0; round < 3; ++round) {
    lm::GenerateRequest request = request_of(model, num_tokens, 1);
    request.max_tokens = 1;
    const auto begin = Clock::now();
    ORPHEUS_TRY(const auto stream, engine.generate(std::move(request)));
    ORPHEUS_TRY([[maybe_unused]] const auto token, stream->next());
    best = std::max(best, num_tokens / seconds_since(begin));
  }
  return best;
}

struct Generation {
  double tokens_per_s = 0;
  double engine_us_per_token = 0;  // CPU time of the engine's thread outside the network
};

// Readers of some sequences, which count their tokens together.
class Listeners {
 public:
  Result<void> start(engine::Engine& engine, const llama::Model& model, int count,
                     int num_prompt_tokens, Words words) {
    for (int i = 0; i < count; ++i) {
      lm::GenerateRequest request =
          request_of(model, num_prompt_tokens, static_cast<uint64_t>(i) + 1);
      if (words == Words::kOn) request.text_rows = {.first = 0, .count = num_prompt_tokens - 1};
      request.max_tokens = 1 << 20;  // up to the context's length
      request.cancel = cancel_;
      ORPHEUS_TRY(auto stream, engine.generate(std::move(request)));
      threads_.emplace_back([this, stream = std::shared_ptr<lm::TokenStream>(std::move(stream))] {
        for (bool first = true;; first = false) {
          const auto token = stream->next();
          const std::lock_guard lock(mutex_);
          if (!token || !*token) {
            ++num_ended_;
            heard_.notify_all();
            return;
          }
          ++num_tokens_;
          if (first) ++num_speaking_;
          heard_.notify_all();
        }
      });
    }
    return {};
  }

  // Waits until all sequences speak and num_tokens more are made. Nothing if one ended before.
  std::optional<Generation> time(const engine::Engine& engine, int num_sequences, int num_tokens) {
    std::unique_lock lock(mutex_);
    heard_.wait(lock, [&] { return num_speaking_ == num_sequences || num_ended_ > 0; });
    const int before = num_tokens_;
    const auto begin = Clock::now();
    const engine::Overhead at_begin = engine.overhead();
    // The engine counts a step's tokens after it has sent them.
    engine::Overhead at_end = at_begin;
    heard_.wait(lock, [&] {
      at_end = engine.overhead();
      const bool has_counted = at_end.num_tokens > at_begin.num_tokens;
      return (num_tokens_ >= before + num_tokens && has_counted) || num_ended_ > 0;
    });
    if (num_ended_ > 0) return std::nullopt;
    const double seconds = seconds_since(begin);
    const int num_heard = num_tokens_ - before;
    const auto num_drawn = static_cast<double>(at_end.num_tokens - at_begin.num_tokens);
    return Generation{
        .tokens_per_s = num_heard / seconds,
        .engine_us_per_token = (at_end.cpu_seconds - at_begin.cpu_seconds) * 1e6 / num_drawn};
  }

  ~Listeners() {
    cancel_.cancel();
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  CancelToken cancel_;
  std::mutex mutex_;
  std::condition_variable heard_;
  int num_speaking_ = 0;
  int num_tokens_ = 0;
  int num_ended_ = 0;
  std::vector<std::thread> threads_;
};

Result<Generation> generation_speed(engine::Engine& engine, const llama::Model& model, int count,
                                    int tokens_each, int num_prompt_tokens = 8,
                                    Words words = Words::kOff) {
  Listeners listeners;
  ORPHEUS_CHECK(listeners.start(engine, model, count, num_prompt_tokens, words));
  const auto generation = listeners.time(engine, count, tokens_each * count);
  if (generation) return *generation;
  return fail({.kind = ErrorKind::kUnavailable,
               .what = "a sequence ended before the measurement was complete",
               .remedy = "Lower --tokens."});
}

// Eight heads in four layers, the most that are ever chosen.
void use_some_heads(engine::Engine& engine, const llama::Config& config) {
  engine::Alignment alignment{.heads = {}, .quality = 1};
  for (int i = 0; i < 4; ++i) {
    const int layer = config.num_layers * i / 4;
    alignment.heads.push_back({layer, 0});
    alignment.heads.push_back({layer, config.num_heads - 1});
  }
  engine.use_alignment(alignment);
}

// The part of the speed that the attention to a text of 47 tokens costs: the median of pairs of
// measurements, one with and one without.
Result<double> cost_of_words(engine::Engine& engine, const llama::Model& model, int count,
                             int tokens_each) {
  constexpr int kPairs = 5;
  constexpr int kPrompt = 48;
  use_some_heads(engine, model.config());
  std::vector<double> costs;
  for (int i = 0; i < kPairs; ++i) {
    double speed[2] = {};
    for (const Words words :
         i % 2 == 0 ? std::array{Words::kOff, Words::kOn} : std::array{Words::kOn, Words::kOff}) {
      ORPHEUS_TRY(const Generation made,
                  generation_speed(engine, model, count, tokens_each, kPrompt, words));
      speed[words == Words::kOn ? 1 : 0] = made.tokens_per_s;
    }
    costs.push_back(1 - speed[1] / speed[0]);
  }
  std::sort(costs.begin(), costs.end());
  return costs[kPairs / 2];
}

Result<void> run_bench(const BenchOptions& options, const config::Settings& settings) {
  Progress progress;
  progress.show("measuring the memory");
  ORPHEUS_TRY(auto devices, tensor::DeviceChain::open(settings.voice.device));
  const int num_threads = devices.max_threads();
  const double memory_gb_s = tensor::measure_read_gb_s(num_threads);
  const auto begin = Clock::now();
  ORPHEUS_TRY(
      const auto model,
      llama::Model::load(settings.voice.model, devices, [&](size_t done, size_t total) {
        progress.show(fmt::format("loading, {} of {} MB", done / 1'000'000, total / 1'000'000));
      }));
  const double load_s = seconds_since(begin);

  engine::Options engine_options = settings.voice.engine;
  for (const int count : options.sequences)
    engine_options.max_sequences = std::max(engine_options.max_sequences, count);
  engine_options = engine::fit_to_free_memory(engine_options, *model, devices);
  const std::string device_name = devices.name();
  ORPHEUS_TRY(const auto engine, engine::Engine::start(model, std::move(devices), engine_options));
  progress.show("reading prompts");
  ORPHEUS_TRY(const double prompt_tok_s, prompt_speed(*engine, *model, options.prompt));
  json generate = json::object();
  json engine_us = json::object();
  json words_cost = json::object();
  double alone = 0;
  for (const int count : options.sequences) {
    progress.show(fmt::format("{} at once", count));
    ORPHEUS_TRY(const Generation made, generation_speed(*engine, *model, count, options.tokens));
    generate[std::to_string(count)] = made.tokens_per_s;
    engine_us[std::to_string(count)] = made.engine_us_per_token;
    if (count == 1) alone = made.tokens_per_s;
    if (!options.words) continue;
    progress.show(fmt::format("{} at once, with and without words", count));
    ORPHEUS_TRY(words_cost[std::to_string(count)],
                cost_of_words(*engine, *model, count, options.tokens));
  }
  progress.show("drawing tokens");
  const double sampler_us = measure_draw_us();
  const double read_gb_s = alone * static_cast<double>(model->bytes_per_token()) / 1e9;
  json report = {{"device", device_name},
                 {"threads", num_threads},
                 {"prompt_tok_s", prompt_tok_s},
                 {"generate_tok_s", generate},
                 {"engine_us_per_token", engine_us},
                 {"sampler_us", sampler_us},
                 {"bytes_per_token", model->bytes_per_token()},
                 {"read_gb_s", read_gb_s},
                 {"memory_gb_s", memory_gb_s},
                 {"load_s", load_s},
                 {"weights_bytes", model->num_bytes()},
                 {"cache_bytes", engine->capacity().cache_bytes},
                 {"resident_bytes", tensor::resident_bytes()}};
  if (options.words) report["words_cost"] = words_cost;
  if (options.as_json) {
    std::cout << report.dump() << "\n";
    return {};
  }
  std::cout << fmt::format("{} threads on {}, loaded in {:.1f} s\n", num_threads, device_name,
                           load_s)
            << fmt::format("prompt of {}: {:.1f} tokens/s\n", options.prompt, prompt_tok_s);
  for (const int count : options.sequences) {
    const std::string name = std::to_string(count);
    std::cout << fmt::format(
        "{} at once: {:.1f} tokens/s together, {:.1f} µs a token in the engine\n", count,
        generate[name].get<double>(), engine_us[name].get<double>());
  }
  for (const auto& [name, cost] : words_cost.items()) {
    std::cout << fmt::format("{} at once: words cost {:.1f} % of the speed\n", name,
                             100 * cost.get<double>());
  }
  std::cout << fmt::format("a draw: {:.1f} µs\n", sampler_us);
  std::cout << fmt::format("alone: {:.2f} GB a token, {:.1f} GB/s of the memory's {:.1f}\n",
                           static_cast<double>(model->bytes_per_token()) / 1e9, read_gb_s,
                           memory_gb_s);
  return {};
}

}  // namespace

void add_bench_lm(CLI::App& bench, config::Settings& settings, Chosen& chosen) {
  auto options = std::make_shared<BenchOptions>();
  CLI::App* command = bench.add_subcommand(
      "lm", "Measure the language model's tokens per second, for one sequence and several");
  command->footer(R"(Example:
  orpheus bench lm --model orpheus.gguf --threads 2 --sequences 1,4 --json)");
  add_number_flag(*command, "--prompt", "Length of the prompt in tokens", 2, 65536,
                  options->prompt);
  add_number_flag(*command, "--tokens", "Tokens to generate for each sequence", 1, 65536,
                  options->tokens);
  command
      ->add_option("--sequences", options->sequences,
                   "Numbers of concurrent sequences; each is measured in turn")
      ->delimiter(',')
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->check(CLI::Range(1, 256))
      ->type_name("N,…")
      ->default_str("1,2,4,8");
  command->add_flag("--words", options->words,
                    "Also measure what words' times cost: their attention to the text");
  command->add_flag("--json", options->as_json, "Print one line of JSON");
  add_model_flag(*command, settings);
  add_device_flags(*command, settings);
  add_engine_flags(*command, settings);
  command->callback([&chosen, &settings, options] {
    if (settings.voice.model.empty()) throw CLI::RequiredError("--model");
    chosen.action = [&settings, options] { return run_bench(*options, settings); };
  });
}

}  // namespace orpheus::cli
