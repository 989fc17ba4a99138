#pragma once
// Settings of the server. Filled by config/ only.

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
  int port = 5005;                 // 0 takes a free one

  // Limits of speeches. The sum of both may be in progress; the next one gets 429. The engine
  // decides which of them are generated at a moment.
  int max_speeches = 8;
  int max_waiting_speeches = 25;
  int max_open_speeches() const { return max_speeches + max_waiting_speeches; }
  size_t max_input_code_points = 32768;
  int max_tokens = 8192;  // limit for each piece; a request may set a lower one
  lm::SamplingOptions sampling =
      {};  // values that a request does not set; without a seed, each request gets a random one
  int sample_rate_hz = 24000;  // of every format but ulaw and alaw; one of audio::sample_rates_hz()
  prompt::UnknownVoice unknown_voice = prompt::UnknownVoice::kRefuse;
  std::string model_name;  // in listings and headers; empty: the voice's own
  std::string tier;        // of the machine, for the page; may be empty
  bool log_text = false;   // log the texts of requests

  // Access. Without any key everybody may speak; admin routes are then for this machine's user.
  std::vector<std::string> keys;        // for speech and completions
  std::vector<std::string> admin_keys;  // for speech, completions and the admin routes
  bool metrics_need_key = false;
  std::vector<std::string>
      cors_origins;  // origins whose pages may call: "https://example.org", or "*"
  // At loopback: further names that a request's Host may have; "*" allows all.
  std::vector<std::string> allowed_hosts;
  // The secret of this machine's user, in place of an admin key; only this user can read it. Empty:
  // no request counts as this user's.
  std::string user_token;

  // The folder of POST /speak. Empty: no such route.
  std::filesystem::path outputs_folder;

  // PEM files. With both, every connection is encrypted.
  std::filesystem::path tls_certificate;  // followed by its chain
  std::filesystem::path tls_key;

  // Limits of connections and requests.
  int max_connections = 4096;
  size_t max_header_bytes = 16U << 10U;
  size_t max_body_bytes = 1U << 20U;  // the longest input fits even if every character is escaped

  std::chrono::milliseconds idle_timeout{75'000};    // until the first byte of a request
  std::chrono::milliseconds header_timeout{10'000};  // from there to the end of its headers
  std::chrono::milliseconds body_timeout{30'000};
  std::chrono::milliseconds write_timeout{120'000};  // for a client that reads nothing
  std::chrono::milliseconds drain_timeout{
      300'000};                                   // for speeches in progress when the server stops
  std::chrono::milliseconds cancel_timeout{400};  // then, for the responses of cancelled requests
};

// Whether an address (IPv4, or IPv6 without brackets) is a loopback address. False for names.
bool is_loopback(std::string_view address);

// Errors: kUsage (a number out of range, an unknown sample rate), kUnsupported (a sample rate that
// this build cannot make).
Result<void> check_options(const Options& options);

}  // namespace orpheus::http
