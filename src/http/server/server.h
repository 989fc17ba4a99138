#pragma once
// The HTTP server: one thread for all connections' input and output, and a fixed number of threads
// for speech. An idle connection costs a socket and some 8 KiB.
//
//   auto server = Server::start(options, synthesiser);
//   …
//   (*server)->stop();

#include <cstdint>
#include <memory>

#include "base/result.h"
#include "http/context.h"
#include "http/live.h"
#include "http/options.h"
#include "http/worker_pool.h"
#include "speech/synthesiser.h"

namespace orpheus::http {

class Server {
 public:
  // Listens and serves from its return on; until live has a voice, speeches get 503. Address,
  // connection limits and number of threads are fixed from then on; other options of a later
  // Live::replace apply to the following requests. All arguments must outlive the server. Errors:
  // kUsage (an option out of range, not an address of this machine), kUnavailable (address in use),
  // those of Tls::open.
  static Result<std::unique_ptr<Server>> start(Live& live, Administration administration = {});
  // The same, with a loaded voice.
  static Result<std::unique_ptr<Server>> start(const Options& options,
                                               speech::Synthesiser& synthesiser);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // The port that it listens at, also if the options asked for a free one.
  uint16_t port() const;

  // For the server of another protocol that speaks with the same voice, in the same places. Both
  // live as long as this server, which stops after the work of others has ended.
  const Context& context() const;
  WorkerPool& speech_workers();

  // Loads the options' certificate and key again, for new connections; existing
  // ones keep theirs. May be called from any thread. Errors: those of Tls::open,
  // kUsage (the server started with TLS and the options have none, or the
  // reverse).
  Result<void> renew_certificate(const Options& options);

  // Stops the server: answers 503 to new speeches and to speeches without sound, gives speeches in
  // progress drain_timeout to end, then cancels the rest, and closes the remaining
  // connections half a second later. Returns when all have ended. It listens until the last
  // response is sent, so /health and /metrics still work. May be called from any thread, once or
  // often.
  void stop();

 private:
  struct State;
  static Result<std::unique_ptr<Server>> start(std::unique_ptr<State> state);
  explicit Server(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace orpheus::http
