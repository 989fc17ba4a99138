#pragma once
// What the server may be told. Filled by config alone.

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "lm/language_model.h"
#include "prompt/voices.h"

namespace orpheus::http {

struct Options {
  std::string host = "127.0.0.1";  // an address or a name of this machine
  int port = 5005;                 // 0 picks a free one

  // Speeches. As many as both say may be in progress together; the next one gets 429. Which of
  // them are made at a moment is the engine's affair.
  int max_speeches = 8;
  int max_waiting_speeches = 25;
  int max_open_speeches() const { return max_speeches + max_waiting_speeches; }
  size_t max_input_code_points = 32768;
  int max_tokens = 8192;  // of each piece; a request may ask for fewer
  lm::SamplingOptions sampling =
      {};                      // for what a request leaves out; without a seed it draws its own
  int sample_rate_hz = 24000;  // of every format; one of audio::sample_rates_hz()
  prompt::UnknownVoice unknown_voice = prompt::UnknownVoice::kRefuse;
  std::string model_name;  // as listings and headers give it; empty is the voice's own
  std::string tier;        // of the machine, as the page shows it; may be empty
  bool log_text = false;   // what is spoken goes into the log

  // Who may ask. Without any key everybody may; admin routes are then for this machine alone.
  std::vector<std::string> keys;        // for speech and completions
  std::vector<std::string> admin_keys;  // for these and the admin routes
  bool metrics_need_key = false;
  std::vector<std::string> cors_origins;  // whose pages may call: "https://example.org", or "*"
  // At loopback: names that a request's Host may have besides this machine's; "*" is all.
  std::vector<std::string> allowed_hosts;
  // What proves this machine's user where there is no admin key: a secret that this user alone can
  // read. Empty: nobody is that user.
  std::string user_token;

  // Where POST /speak keeps speeches as files. Empty: the route is not there.
  std::filesystem::path outputs_folder;

  // With both, every connection is encrypted. PEM files.
  std::filesystem::path tls_certificate;  // and behind it those that vouch for it
  std::filesystem::path tls_key;

  // Connections and what may arrive on them.
  int max_connections = 4096;
  size_t max_header_bytes = 16U << 10U;
  size_t max_body_bytes = 1U << 20U;  // the longest input fits even when every letter is escaped

  std::chrono::milliseconds idle_timeout{75'000};    // until the first byte of a request
  std::chrono::milliseconds header_timeout{10'000};  // from there to the end of its headers
  std::chrono::milliseconds body_timeout{30'000};
  std::chrono::milliseconds write_timeout{120'000};  // of a listener who takes nothing
  std::chrono::milliseconds drain_timeout{300'000};  // for what is running when the server stops
  std::chrono::milliseconds cancel_timeout{2'000};   // and then, for what it answers if cancelled
};

// Whether an address, IPv4 or IPv6 without brackets, is one of loopback. A name is none.
bool is_loopback(std::string_view address);

// Errors: kUsage (a number out of range, a sample rate that no format has), kUnsupported (a sample
// rate that this build cannot make).
Result<void> check_options(const Options& options);

}  // namespace orpheus::http
