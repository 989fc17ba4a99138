#pragma once
// The HTTP server: one thread for every connection's input and output, and a fixed number of
// threads that speak. An idle connection costs a socket and some 8 KiB.
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
#include "speech/synthesiser.h"

namespace orpheus::http {

class Server {
 public:
  // Listens and serves when it returns; speeches wait for live's voice. Where to listen, the limits
  // of connections and the number of threads stay as they are then; what else a later Live::replace
  // brings holds for the requests that follow. All that is given must outlive the server.
  // Errors: kUsage (an option out of range, an address that this machine has not), kUnavailable
  // (address in use), those of Tls::open.
  static Result<std::unique_ptr<Server>> start(Live& live, Administration administration = {});
  // The same, with one voice that is there already.
  static Result<std::unique_ptr<Server>> start(const Options& options,
                                               speech::Synthesiser& synthesiser);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // The one it listens at, also where the options left the choice open.
  uint16_t port() const;

  // Connections that come from now on are encrypted with the certificate and key that the options
  // name, as they are in their files now; those there are stay as they are. May be called from any
  // thread. Errors: those of Tls::open, kUsage (the server began with TLS and the options have
  // none, or the other way round).
  Result<void> renew_certificate(const Options& options);

  // Answers 503 to speeches that have not begun to sound and to new ones, lets those in progress
  // end for drain_timeout, cancels what is left then (503 where no sound was sent), and returns
  // when all is quiet. It listens until the last answer is sent: /health and /metrics go on. May be
  // called from any thread, once or often.
  void stop();

 private:
  struct State;
  static Result<std::unique_ptr<Server>> start(std::unique_ptr<State> state);
  explicit Server(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace orpheus::http
