#pragma once
// Which of several servers gets the next request, and which are left alone for a while: pure
// policy, told the time. Not for several threads at once.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace orpheus::remote {

// How a request ended, as far as it tells about the server.
enum class Verdict {
  kGood,    // it answered, be it with a refusal of this request
  kFailed,  // it broke off, was busy or late: others first, for a while
  kIsDown,  // it cannot be reached, or is none of ours: nothing more until a probe finds it well
};

class Balance {
 public:
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;

  // Failures in a row after which a server counts as down.
  static constexpr int kMostFailures = 3;
  // How long it is left alone after the first, doubled with each, up to the last; each time between
  // half of it and all, by chance, so that many of us do not come back at once.
  static constexpr std::chrono::milliseconds kFirstPause{500};
  static constexpr std::chrono::milliseconds kLastPause{15'000};

  explicit Balance(size_t num_servers, uint64_t seed = 0);

  // Of the servers that are up and not excluded, the one with the fewest requests in progress,
  // those that failed lately last; in turn where that is equal. Nothing: all are down or excluded.
  std::optional<size_t> pick(Time now, const std::vector<bool>& excluded);

  void begin(size_t server) { ++servers_[server].num_outstanding; }
  void end(size_t server, Verdict verdict, Time now);
  // A probe's finding, of a server that is down.
  void probed(size_t server, bool is_well, Time now);

  // When a server that is down is to be probed; nothing for one that is up.
  std::optional<Time> probe_due(size_t server) const;

  bool are_all_down() const;
  bool is_down(size_t server) const { return servers_[server].is_down; }
  int num_outstanding(size_t server) const { return servers_[server].num_outstanding; }

 private:
  struct Server {
    int num_outstanding = 0;
    int num_failures = 0;  // in a row
    bool is_down = false;
    Time paused_until{};
    uint64_t last_picked = 0;
  };
  void pause(Server& server, Time now);

  std::vector<Server> servers_;
  uint64_t num_picked_ = 0;
  uint64_t seed_ = 0;
  uint64_t num_drawn_ = 0;
};

}  // namespace orpheus::remote
