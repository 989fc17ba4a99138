#include "http/server/server.h"

#include <algorithm>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <sys/resource.h>

#include "http/front_page.h"
#include "http/health_api.h"
#include "http/router.h"
#include "http/server/listener.h"
#include "http/speech_api.h"
#include "http/worker_pool.h"

namespace orpheus::http {
namespace {

namespace asio = boost::asio;

// Every API family, in the order that GET / tells of them.
std::vector<Route> all_routes(const Options& options, speech::Synthesiser& synthesiser) {
  std::vector<Route> routes;
  for (const auto& family :
       {front_page_routes(), speech_routes(options, synthesiser), health_routes()}) {
    routes.insert(routes.end(), family.begin(), family.end());
  }
  return routes;
}

Result<void> check(const Options& options) {
  const auto at_least = [](const char* name, int value, int least) -> Result<void> {
    if (value >= least) return {};
    return fail({.kind = ErrorKind::kUsage,
                 .what = std::string(name) + " is too small",
                 .expected = "at least " + std::to_string(least),
                 .found = std::to_string(value)});
  };
  ORPHEUS_CHECK(at_least("num_speech_threads", options.num_speech_threads, 1));
  ORPHEUS_CHECK(at_least("max_waiting_speeches", options.max_waiting_speeches, 0));
  ORPHEUS_CHECK(at_least("max_connections", options.max_connections, 1));
  return at_least("max_tokens", options.max_tokens, 1);
}

// Shells often allow 1024 descriptors where the system allows far more.
void allow_many_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = std::max(limit.rlim_cur, std::min<rlim_t>(limit.rlim_max, 65536));
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

// In the order of their dependence: the workers go first, while the context they post to is there.
struct Server::State {
  State(const Options& given, speech::Synthesiser& synthesiser)
      : options(given),
        router(all_routes(options, synthesiser)),
        workers(options.num_speech_threads, options.max_waiting_speeches) {}

  const Options options;
  const Router router;
  asio::io_context io{1};
  std::unique_ptr<Listener> listener;
  WorkerPool workers;
  const Service service{options, router, workers};
  uint16_t port = 0;
  std::promise<void> quiet;  // kept when no connection is left
  std::thread io_thread;
  std::once_flag stopped;
};

Result<std::unique_ptr<Server>> Server::start(const Options& options,
                                              speech::Synthesiser& synthesiser) {
  ORPHEUS_CHECK(check(options));
  allow_many_descriptors();
  auto state = std::make_unique<State>(options, synthesiser);
  ORPHEUS_TRY(auto acceptor, listen(state->io, options));
  state->port = acceptor.local_endpoint().port();
  state->listener = std::make_unique<Listener>(std::move(acceptor), state->service);
  asio::co_spawn(state->io, state->listener->run(), asio::detached);
  state->io_thread = std::thread([state = state.get()] {
    state->io.run();
    state->quiet.set_value();
  });
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}

Server::~Server() { stop(); }

uint16_t Server::port() const { return state_->port; }

void Server::stop() {
  std::call_once(state_->stopped, [this] {
    State& state = *state_;
    asio::post(state.io, [&state] { state.listener->drain(); });
    if (state.quiet.get_future().wait_for(state.options.drain_timeout) !=
        std::future_status::ready) {
      asio::post(state.io, [&state] { state.listener->abort(); });
    }
    state.io_thread.join();
    state.workers.stop();
  });
}

}  // namespace orpheus::http
