#include "http/metrics.h"

#include <string>
#include <utility>

namespace orpheus::http {
namespace {

std::string_view word_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInternal: return "internal";
    case ErrorKind::kUsage: return "usage";
    case ErrorKind::kNotFound: return "not_found";
    case ErrorKind::kBadFile: return "bad_file";
    case ErrorKind::kUnsupported: return "unsupported";
    case ErrorKind::kIo: return "io";
    case ErrorKind::kLimit: return "limit";
    case ErrorKind::kUnavailable: return "unavailable";
    case ErrorKind::kTimedOut: return "timed_out";
    case ErrorKind::kBadReply: return "bad_reply";
    case ErrorKind::kCancelled: return "cancelled";
  }
  return "internal";
}

}  // namespace

Metrics::Metrics() : Metrics(std::make_unique<metrics::Registry>()) {}

Metrics::Metrics(std::unique_ptr<metrics::Registry> registry)
    : requests_running(
          registry->gauge("orpheus_requests_running", "Requests after their first sound.")),
      requests_waiting(
          registry->gauge("orpheus_requests_waiting", "Requests before their first sound.")),
      connections(registry->gauge("orpheus_connections", "Open connections.")),
      sockets(registry->gauge("orpheus_sockets", "Open WebSockets, which are connections too.")),
      wyoming_connections(
          registry->gauge("orpheus_wyoming_connections", "Open connections of Wyoming clients.")),
      time_to_first_byte_seconds(registry->histogram(
          "orpheus_time_to_first_byte_seconds",
          "Time from a request's last byte to the first sound of its response.",
          {0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30})),
      live_first_sound_seconds(registry->histogram(
          "orpheus_live_first_sound_seconds",
          "Time from the first part of an arriving text that can be spoken to its first sound.",
          {0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10})),
      live_last_sound_seconds(
          registry->histogram("orpheus_live_last_sound_seconds",
                              "Time from the end of an arriving text to its last sound.",
                              {0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 20, 30, 60, 120})),
      real_time_factor(registry->histogram(
          "orpheus_real_time_factor",
          "Seconds of speech generated per second, for each request; below 1 is slower than real "
          "time.",
          {0.1, 0.25, 0.5, 0.75, 0.9, 1, 1.1, 1.25, 1.5, 2, 3, 5, 10, 25, 100})),
      underruns(registry->counter("orpheus_underruns_total",
                                  "Gaps in playback for a client that plays the sound at once.")),
      prompt_tokens(registry->counter("orpheus_prompt_tokens_total", "Prompt tokens.")),
      audio_tokens(registry->counter("orpheus_audio_tokens_total", "Generated audio tokens.")),
      audio_milliseconds(
          registry->counter("orpheus_audio_milliseconds_total", "Generated speech.")),
      cancelled(registry->counter("orpheus_cancelled_total",
                                  "Requests cancelled because the client disconnected.")),
      refused(registry->counter("orpheus_refused_total", "Requests refused with status 429.")),
      registry_(std::move(registry)) {
  registry_
      ->gauge("orpheus_build_info", "Always 1; the labels describe the build.",
              {{"version", ORPHEUS_VERSION}})
      .set(1);
}

void Metrics::answered(std::string_view route, int status, std::optional<double> seconds) {
  const metrics::Labels labels = {{"route", std::string(route)},
                                  {"status", std::to_string(status)}};
  registry_->counter("orpheus_http_requests_total", "Requests by route and status.", labels).add();
  if (status == 429) refused.add();
  if (!seconds) return;
  registry_
      ->histogram(
          "orpheus_http_request_duration_seconds",
          "Time from a request's last byte to the last byte of its response, by route and status.",
          {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300}, labels)
      .observe(*seconds);
}

std::string Metrics::text() const { return registry_->text() + process_.text(); }

void Metrics::answered_wyoming(std::string_view event, int status) {
  registry_
      ->counter("orpheus_wyoming_requests_total",
                "Requests of Wyoming clients by event and status.",
                {{"event", std::string(event)}, {"status", std::to_string(status)}})
      .add();
  if (status == 429) refused.add();
}

void Metrics::closed_socket(int code) {
  registry_
      ->counter("orpheus_sockets_closed_total", "Closed WebSockets by close code.",
                {{"code", code >= 1000 && code <= 1015 ? std::to_string(code) : "other"}})
      .add();
}

void Metrics::failed(ErrorKind kind) {
  registry_
      ->counter("orpheus_errors_total", "Failed requests by kind of error.",
                {{"kind", std::string(word_of(kind))}})
      .add();
}

}  // namespace orpheus::http
