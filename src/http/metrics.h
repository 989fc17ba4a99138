#pragma once
// What the server counts. Safe from every thread.

#include <memory>
#include <string>
#include <string_view>

#include "base/metrics.h"
#include "base/result.h"

namespace orpheus::http {

class Metrics {
 public:
  Metrics();

  metrics::Gauge& requests_running;
  metrics::Gauge& requests_waiting;
  metrics::Gauge& connections;
  metrics::Histogram& time_to_first_byte_seconds;
  metrics::Histogram& real_time_factor;
  metrics::Counter& underruns;
  metrics::Counter& prompt_tokens;
  metrics::Counter& audio_tokens;
  metrics::Counter& audio_milliseconds;
  metrics::Counter& cancelled;

  void answered(std::string_view route, int status);
  void failed(ErrorKind kind);
  std::string text() const { return registry_->text(); }

 private:
  explicit Metrics(std::unique_ptr<metrics::Registry> registry);
  std::unique_ptr<metrics::Registry> registry_;
};

}  // namespace orpheus::http
