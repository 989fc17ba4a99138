#pragma once
// Begins a task on a worker pool. Its response comes through a channel. For the I/O thread.

#include <functional>
#include <memory>

#include "http/answer.h"
#include "http/metrics.h"
#include "http/response_channel.h"
#include "http/worker_pool.h"

namespace orpheus::http {

// news is called, by a worker's thread, when the channel has news. Null if the pool is full.
std::shared_ptr<ResponseChannel> start_work(Work work, WorkerPool& workers, Metrics& metrics,
                                            std::function<void()> news);

}  // namespace orpheus::http
