#pragma once
// What answers at an address, for a person who sets things up.

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "lm/remote/options.h"

namespace orpheus::remote {

struct Probe {
  std::string url;                  // as it is shown
  std::string server;               // "llama-server", "vLLM", …; empty: nothing answers
  std::vector<std::string> models;  // that it lists
  std::string model;                // the one that is asked for
  bool takes_ids = false;           // prompts as token ids, else text
  int num_tokens = 0;               // that were made to measure the following
  double first_token_s = 0;         // from the request to the first frame's tokens
  double tokens_per_s = 0;          // behind them; 82 are real time
  std::optional<Error> error;       // what went wrong, wherever it did
};

// Asks one server what it is and has it speak a few words: seconds, and at most options.timeout_s
// without a sign of life. options.urls does not matter here.
Probe probe(const std::string& url, const Options& options);

}  // namespace orpheus::remote
