#pragma once
// The balancing policy: which of several servers gets the next request, and which servers are
// avoided for a while. Pure: the time is an argument. Belongs to one thread at a time.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace orpheus::remote {

// What a request's end says about its server.
enum class Verdict {
  kGood,    // it answered, even if it refused this request
  kFailed,  // it broke off, was busy or late: other servers come first for a while
  kIsDown,  // it cannot be reached or is not usable: no requests until a probe succeeds
};

class Balance {
 public:
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;

  // After this many failures in a row a server counts as down.
  static constexpr int kMostFailures = 3;
  // The pause after the first failure, doubled with each further one, and the longest pause. Each
  // pause is a random 50 % to 100 % of that, so that many clients do not retry at once.
  static constexpr std::chrono::milliseconds kFirstPause{500};
  static constexpr std::chrono::milliseconds kLastPause{15'000};

  explicit Balance(size_t num_servers, uint64_t seed = 0);

  // Of the servers that are up and not excluded, the one with the fewest requests in progress.
  // Servers that failed lately come last; equal ones take turns. Nothing: all are down or excluded.
  std::optional<size_t> pick(Time now, const std::vector<bool>& excluded);

  void begin(size_t server) { ++servers_[server].num_outstanding; }
  void end(size_t server, Verdict verdict, Time now);
  // Reports the result of a probe of a server that is down.
  void probed(size_t server, bool is_well, Time now);

  // The time of the next probe of a server that is down; nothing if it is up.
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
