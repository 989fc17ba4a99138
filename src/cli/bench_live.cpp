#include "cli/bench_live.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "cli/live_feed.h"
#include "cli/live_listener.h"
#include "speech/live_text.h"
#include "text/markup/arriving.h"

namespace orpheus::cli {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;
using text::markup::Arriving;

double seconds_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

// Writes a text into a speech at its parts' times.
class Feeder {
 public:
  Feeder(std::vector<TimedPart> parts, const std::string& language)
      : parts_(std::move(parts)), arriving_({.cuts = {.language = language}}) {}

  const std::shared_ptr<speech::LiveText>& text() const { return text_; }

  void run() {
    begin_ = Clock::now();
    for (const TimedPart& part : parts_) {
      wait_until(begin_ + part.at);
      // The texts are those of a command line: all whole characters.
      if (!arriving_.append(part.text, Clock::now())) break;
      hand_over();
    }
    end_ = Clock::now();
    if (arriving_.end()) hand_over();
    text_->end();
  }

  // Of a feeder that has run: from the first word to the first part that can be spoken.
  Clock::time_point begin() const { return begin_; }
  Clock::time_point end() const { return end_; }
  std::optional<Clock::time_point> first_part() const { return first_part_; }

 private:
  void wait_until(Clock::time_point time) {
    while (Clock::now() < time) {
      std::this_thread::sleep_until(std::min(time, arriving_.due().value_or(time)));
      arriving_.tick(Clock::now());
      hand_over();
    }
  }

  void hand_over() {
    while (auto stretch = arriving_.next()) {
      if (!first_part_) first_part_ = Clock::now();
      text_->push(std::move(*stretch));
    }
  }

  const std::vector<TimedPart> parts_;
  Arriving arriving_;
  const std::shared_ptr<speech::LiveText> text_ = std::make_shared<speech::LiveText>();
  Clock::time_point begin_;
  Clock::time_point end_;
  std::optional<Clock::time_point> first_part_;
};

struct LiveTimes {
  Result<void> done;
  double first_part_s = 0;
  double first_audible_s = 0;
  double after_last_word_s = 0;
  LiveListener listener;
};

// Speaks a text while it arrives.
LiveTimes hear_live(speech::Synthesiser& synthesiser, speech::Request request,
                    std::vector<TimedPart> parts) {
  LiveTimes times;
  const auto voice = synthesiser.voice_for(request);
  if (!voice) {
    times.done = fail(voice.error());
    return times;
  }
  Feeder feeder(std::move(parts), voice->language);
  request.live = feeder.text();
  request.is_heard_live = true;
  request.on_piece = [&](const speech::PieceProgress&) { times.listener.begin_piece(); };
  Result<speech::Summary> spoken;
  {
    const std::jthread feeding([&] { feeder.run(); });
    spoken = synthesiser.speak(request, [&](std::span<const float> samples) {
      times.listener.hear(samples, Clock::now());
      return true;
    });
  }
  if (!spoken) {
    times.done = fail(spoken.error());
    return times;
  }
  const auto first_audible = times.listener.first_audible();
  if (!feeder.first_part() || !first_audible) {
    times.done = fail({.kind = ErrorKind::kInternal, .what = "the voice produced no sound"});
    return times;
  }
  times.first_part_s = seconds_between(feeder.begin(), *feeder.first_part());
  times.first_audible_s = seconds_between(*feeder.first_part(), *first_audible);
  times.after_last_word_s = seconds_between(feeder.end(), times.listener.last_arrival());
  return times;
}

json percentiles(const std::vector<LiveTimes>& all, double LiveTimes::*time) {
  std::vector<double> values;
  values.reserve(all.size());
  for (const LiveTimes& times : all) values.push_back(times.*time);
  return {{"p50", percentile(values, 0.5)}, {"p99", percentile(values, 0.99)}};
}

json gaps_of(const std::vector<LiveTimes>& all,
             const LiveListener::Gaps& (LiveListener::*gaps)() const) {
  LiveListener::Gaps sum;
  for (const LiveTimes& times : all) {
    const LiveListener::Gaps& one = (times.listener.*gaps)();
    sum.count += one.count;
    sum.longest_s = std::max(sum.longest_s, one.longest_s);
  }
  return {{"count", sum.count}, {"longest_s", sum.longest_s}};
}

Result<json> measure_feed(speech::Synthesiser& synthesiser, const LiveBenchOptions& options,
                          const config::Settings& settings, int num_listeners,
                          const std::vector<TimedPart>& parts) {
  std::vector<LiveTimes> all;
  for (int run = 0; run < options.num_runs; ++run) {
    std::vector<LiveTimes> together(static_cast<size_t>(num_listeners));
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < together.size(); ++i) {
      speech::Request request;
      request.sampling = settings.sampling;
      request.sampling.seed = static_cast<uint64_t>(run) * together.size() + i + 1;
      request.max_tokens = options.max_tokens;
      threads.emplace_back([&, request = std::move(request), i] {
        together[i] = hear_live(synthesiser, request, parts);
      });
    }
    threads.clear();  // joins
    for (LiveTimes& times : together) {
      ORPHEUS_CHECK(times.done);
      all.push_back(std::move(times));
    }
  }
  double sound_s = 0;
  for (const LiveTimes& times : all) sound_s += times.listener.sound_s();
  return json{{"text_s", std::chrono::duration<double>(parts.back().at).count()},
              {"sound_s", sound_s / static_cast<double>(all.size())},
              {"first_part_s", percentiles(all, &LiveTimes::first_part_s)},
              {"first_audible_s", percentiles(all, &LiveTimes::first_audible_s)},
              {"after_last_word_s", percentiles(all, &LiveTimes::after_last_word_s)},
              {"gaps_between_pieces", gaps_of(all, &LiveListener::between_pieces)},
              {"gaps_within_pieces", gaps_of(all, &LiveListener::within_pieces)}};
}

// The first speech of a program fills caches, as a server has done when it is asked.
Result<void> warm_up(speech::Synthesiser& synthesiser, const LiveBenchOptions& options,
                     const config::Settings& settings) {
  speech::Request request;
  request.text = "Hello.";
  request.sampling = settings.sampling;
  request.max_tokens = options.max_tokens;
  ORPHEUS_CHECK(synthesiser.speak(request, [](std::span<const float>) { return true; }));
  return {};
}

}  // namespace

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const auto index =
      static_cast<size_t>(std::lround(share * static_cast<double>(values.size() - 1)));
  return values[index];
}

Result<json> measure_live(speech::Synthesiser& synthesiser, const LiveBenchOptions& options,
                          const config::Settings& settings, int num_listeners) {
  const auto evenly = feed_evenly(options.text, options.words_per_second);
  if (evenly.empty())
    return fail({.kind = ErrorKind::kUsage, .what = "the text is empty", .expected = "words"});
  ORPHEUS_CHECK(warm_up(synthesiser, options, settings));
  json figures = json::object();
  ORPHEUS_TRY(figures["evenly"],
              measure_feed(synthesiser, options, settings, num_listeners, evenly));
  ORPHEUS_TRY(figures["in_bursts"],
              measure_feed(synthesiser, options, settings, num_listeners,
                           feed_in_bursts(options.text, options.words_per_second)));
  return figures;
}

std::string told_live(const std::string& num_listeners, const json& figures) {
  std::string told;
  for (const auto& [feed, of_feed] : figures.items()) {
    const auto number = [&, &values = of_feed](const char* key, const char* part) {
      return values[key][part].get<double>();
    };
    told += fmt::format(
        "{} listeners, text {}: the first part arrives in {:.2f} s and is heard {:.3f} s later "
        "(99 %: {:.3f}); the end {:.2f} s after the last word; gaps: {} between pieces (longest "
        "{:.3f} s), {} within (longest {:.3f} s)\n",
        num_listeners, feed == "evenly" ? "word by word" : "in bursts",
        number("first_part_s", "p50"), number("first_audible_s", "p50"),
        number("first_audible_s", "p99"), number("after_last_word_s", "p50"),
        of_feed["gaps_between_pieces"]["count"].get<int>(),
        number("gaps_between_pieces", "longest_s"),
        of_feed["gaps_within_pieces"]["count"].get<int>(),
        number("gaps_within_pieces", "longest_s"));
  }
  return told;
}

}  // namespace orpheus::cli
