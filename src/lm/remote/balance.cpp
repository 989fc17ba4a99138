#include "lm/remote/balance.h"

#include <algorithm>
#include <tuple>

#include "base/philox.h"

namespace orpheus::remote {

Balance::Balance(size_t num_servers, uint64_t seed) : servers_(num_servers), seed_(seed) {}

std::optional<size_t> Balance::pick(Time now, const std::vector<bool>& excluded) {
  const auto rank = [&](const Server& server) {
    return std::tuple(now < server.paused_until, server.num_outstanding, server.last_picked);
  };
  std::optional<size_t> best;
  for (size_t i = 0; i < servers_.size(); ++i) {
    if (servers_[i].is_down || excluded[i]) continue;
    if (!best || rank(servers_[i]) < rank(servers_[*best])) best = i;
  }
  if (best) servers_[*best].last_picked = ++num_picked_;
  return best;
}

bool Balance::are_all_down() const {
  return std::all_of(servers_.begin(), servers_.end(), [](const Server& s) { return s.is_down; });
}

void Balance::end(size_t index, Verdict verdict, Time now) {
  Server& server = servers_[index];
  --server.num_outstanding;
  if (verdict == Verdict::kGood) {
    // Requests from before it went down tell nothing about its state now.
    if (!server.is_down) server.num_failures = 0;
    return;
  }
  if (server.is_down) return;  // requests that fail together count as one failure
  ++server.num_failures;
  server.is_down = verdict == Verdict::kIsDown || server.num_failures >= kMostFailures;
  pause(server, now);
}

void Balance::probed(size_t index, bool is_well, Time now) {
  Server& server = servers_[index];
  if (is_well) {
    server.num_failures = 0;
    server.is_down = false;
    server.paused_until = now;
    return;
  }
  ++server.num_failures;
  pause(server, now);
}

void Balance::pause(Server& server, Time now) {
  const int doublings = std::clamp(server.num_failures - 1, 0, 10);
  const auto longest =
      std::min<std::chrono::milliseconds>(kFirstPause * (1 << doublings), kLastPause);
  const double share =
      0.5 + 0.5 * static_cast<double>(uniform_float(philox(seed_, num_drawn_++, 0)[0]));
  server.paused_until = now + std::chrono::duration_cast<Clock::duration>(longest * share);
}

std::optional<Balance::Time> Balance::probe_due(size_t index) const {
  const Server& server = servers_[index];
  return server.is_down ? std::optional(server.paused_until) : std::nullopt;
}

}  // namespace orpheus::remote
