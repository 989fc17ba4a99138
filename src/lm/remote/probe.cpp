#include "lm/remote/probe.h"

#include <chrono>

#include "lm/remote/backend.h"
#include "lm/remote/remote.h"
#include "lm/remote/server_facts.h"
#include "net/client.h"

namespace orpheus::remote {
namespace {

constexpr int kFrames = 12;  // one second of speech
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

Result<void> find_out(const std::string& url, Options options, Probe& found) {
  ORPHEUS_TRY(const Backend backend, Backend::parse(url, options.proxy));
  found.url = backend.shown();
  net::Client client({options.ca_certificates, options.ca_certificates_given_by});
  ORPHEUS_TRY(const ServerFacts facts, identify(client, backend, options, {}));
  found.server = name_of(facts.kind);
  found.models = facts.models;
  found.model = facts.model;
  found.takes_ids = facts.takes_ids;

  options.urls = {url};
  const prompt::TokenLayout stock;
  ORPHEUS_TRY(const auto remote, Remote::open(options, stock));
  lm::GenerateRequest request;
  request.spoken = "tara: This is how I speak.";
  request.max_tokens = kFrames * prompt::kSlotsPerFrame;
  const auto start = Clock::now();
  ORPHEUS_TRY(const auto stream, remote->generate(std::move(request)));
  Clock::time_point first = start;
  while (true) {
    ORPHEUS_TRY(const auto token, stream->next());
    if (!token) break;
    if (++found.num_tokens == 1) first = Clock::now();
  }
  if (found.num_tokens > 0)
    found.first_token_s = std::chrono::duration<double>(first - start).count();
  if (found.num_tokens > prompt::kSlotsPerFrame)
    found.tokens_per_s = (found.num_tokens - prompt::kSlotsPerFrame) / seconds_since(first);
  return {};
}

}  // namespace

Probe probe(const std::string& url, const Options& options) {
  Probe found{.url = url};
  if (auto done = find_out(url, options, found); !done) found.error = std::move(done).error();
  return found;
}

}  // namespace orpheus::remote
