#pragma once
// orpheus bench speech --live: measures speech of a text that is still arriving.

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "config/settings.h"
#include "speech/synthesiser.h"

namespace orpheus::cli {

struct LiveBenchOptions {
  std::string text;
  double words_per_second = 30;
  int max_tokens = 0;  // of each piece
  int num_runs = 5;
};

// Times of num_listeners concurrent texts, for even arrival ("evenly") and bursts ("in_bursts");
// docs/benchmarks.md describes the keys. Errors: those of Synthesiser::speak.
Result<nlohmann::json> measure_live(speech::Synthesiser& synthesiser,
                                    const LiveBenchOptions& options,
                                    const config::Settings& settings, int num_listeners);

// The same figures as lines for a person.
std::string told_live(const std::string& num_listeners, const nlohmann::json& figures);

// A percentile of the values; 0 if there are none.
double percentile(std::vector<double> values, double share);

}  // namespace orpheus::cli
