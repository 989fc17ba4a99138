#pragma once
// What all connections share. Must outlive them.

#include "http/live.h"
#include "http/metrics.h"
#include "http/options.h"
#include "http/router.h"
#include "http/server/tls.h"
#include "http/worker_pool.h"

namespace orpheus::http {

struct Service {
  const Options& options;  // connection limits, fixed when the server starts
  const Router& router;
  WorkerPool& speech_workers;
  WorkerPool& errand_workers;
  Live& live;
  Metrics& metrics;
  Tls* tls = nullptr;  // null: connections are not encrypted
};

}  // namespace orpheus::http
