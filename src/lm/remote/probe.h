#pragma once
// Finds out what answers at an address, for users who set up a server.

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "lm/remote/options.h"

namespace orpheus::remote {

struct Probe {
  std::string url;                  // for display
  std::string server;               // "llama-server", "vLLM", …; empty: nothing answers
  std::vector<std::string> models;  // its list
  std::string model;                // the one that requests name
  bool takes_ids = false;           // prompts as token ids, else text
  int num_tokens = 0;               // tokens made for the following measurements
  double first_token_s = 0;         // from the request to the first frame's tokens
  double tokens_per_s = 0;          // after these; 82 are real time
  std::optional<Error> error;       // the first failure, at any stage
};

// Asks one server what it is, and lets it speak a few words. Takes seconds; waits at most
// options.timeout_s without a byte. Ignores options.urls.
Probe probe(const std::string& url, const Options& options);

}  // namespace orpheus::remote
