#pragma once
// The server's metrics. Safe from every thread.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/metrics.h"
#include "base/result.h"
#include "http/process_metrics.h"

namespace orpheus::http {

class Metrics {
 public:
  Metrics();

  metrics::Gauge& requests_running;
  metrics::Gauge& requests_waiting;
  metrics::Gauge& connections;
  metrics::Gauge& sockets;
  metrics::Gauge& wyoming_connections;
  metrics::Histogram& time_to_first_byte_seconds;
  metrics::Histogram& live_first_sound_seconds;
  metrics::Histogram& live_last_sound_seconds;
  metrics::Histogram& real_time_factor;
  metrics::Counter& underruns;
  metrics::Counter& prompt_tokens;
  metrics::Counter& audio_tokens;
  metrics::Counter& audio_milliseconds;
  metrics::Counter& cancelled;
  metrics::Counter& refused;

  // route: a route's pattern, or one word for what none has taken; seconds: from the request's end
  // to its answer's, where there was a request.
  void answered(std::string_view route, int status, std::optional<double> seconds = std::nullopt);
  void failed(ErrorKind kind);
  // event: the type of a Wyoming request's first event, or "other".
  void answered_wyoming(std::string_view event, int status);
  // code: of RFC 6455
  void closed_socket(int code);
  // With those of the process.
  std::string text() const;

 private:
  explicit Metrics(std::unique_ptr<metrics::Registry> registry);
  std::unique_ptr<metrics::Registry> registry_;
  mutable ProcessMetrics process_;
};

}  // namespace orpheus::http
