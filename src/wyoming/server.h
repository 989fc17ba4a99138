#pragma once
// The Wyoming server, for Home Assistant: a thread for all its connections. Its speeches run in the
// worker pool of the HTTP server. Wyoming has no keys and no encryption: every client that reaches
// the port may speak.

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "http/context.h"
#include "http/worker_pool.h"

namespace orpheus::wyoming {

class Server {
 public:
  // With this many connections, the one that has been idle longest is closed for a new one; if none
  // is idle, the new one waits.
  static constexpr size_t kMaxConnections = 256;

  // Listens and serves from its return on; until the context has a voice, requests are refused.
  // context and workers must outlive the server. Errors: those of net::listen, kLimit (no thread).
  static Result<std::unique_ptr<Server>> start(const std::string& host, int port,
                                               const http::Context& context,
                                               http::WorkerPool& workers);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // The port that it listens at, also if a free one was asked for.
  uint16_t port() const;

  // Begins the end and returns: no new connections; requests in progress get drain_timeout to end,
  // then they are cancelled. context.live drains already. May be called from any thread.
  void drain();
  // Drains, and returns when all connections have ended. From one thread.
  void stop();

 private:
  struct State;
  explicit Server(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace orpheus::wyoming
