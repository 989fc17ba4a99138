#include "http/server/server.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "base/threads.h"
#include "http/access.h"
#include "http/outputs.h"
#include "http/router.h"
#include "http/routes.h"
#include "http/server/descriptors.h"
#include "http/server/listener.h"
#include "http/server/tls.h"
#include "http/worker_pool.h"
#include "net/listen.h"

namespace orpheus::http {
namespace {

namespace asio = boost::asio;

// Errands are short, except reloading settings.
constexpr size_t kNumErrandThreads = 4;
constexpr std::chrono::minutes kHousekeepingInterval{10};
// For clients that do not close their connections although all is answered, if the drain leaves
// time.
constexpr std::chrono::milliseconds kClosing{2'000};
// The number of speeches that may wait for their clients without counting.
constexpr size_t kMaxSlowClients = 512;

// Speeches compute on these threads, so more threads than cores would gain nothing.
size_t num_speech_threads() { return std::max(2U, std::thread::hardware_concurrency()); }

// A listener for which memory ran out listens again.
void keep_listening(asio::io_context& io, Listener& listener) {
  asio::co_spawn(io, listener.run(), [&io, &listener](const std::exception_ptr& thrown) {
    if (thrown) keep_listening(io, listener);
  });
}

// What is thrown out of a handler, where memory runs out, ends what the handler served and no more.
// If that was the listener, it listens again once its frame is gone.
void run_to_the_end(asio::io_context& io, Listener& listener) {
  bool was_thrown = false;
  while (true) {
    try {
      if (std::exchange(was_thrown, false)) {
        asio::post(io, [&] {
          if (!listener.listens()) keep_listening(io, listener);
        });
      }
      io.run();
      return;
    } catch (const std::exception& thrown) {
      log::error("a connection failed: {}", thrown.what());
      was_thrown = true;
    }
  }
}

}  // namespace

// Ordered by dependence: the workers are destroyed first, while the context that they post to still
// exists.
struct Server::State {
  State(std::unique_ptr<Live> kept, Live& given, Administration administration)
      : own_live(std::move(kept)),
        live(given),
        context{live, metrics, std::move(administration)},
        options(*live.now().options),
        router(all_routes(context),
               [this](Access access, const Request& request) {
                 return refuse_access(*live.now().options, access, request);
               }),
        speech_workers(num_speech_threads(), static_cast<size_t>(options.max_open_speeches()),
                       kMaxSlowClients),
        errand_workers(kNumErrandThreads, static_cast<size_t>(options.max_connections),
                       static_cast<size_t>(options.max_connections)),
        outputs(options.outputs_folder) {}

  boost::asio::awaitable<void> keep_outputs_in_bounds();

  const std::unique_ptr<Live> own_live;  // if the caller has none
  Live& live;
  Metrics metrics;
  const Context context;
  const Options options;
  const Router router;
  asio::io_context io{1};
  std::unique_ptr<Listener> listener;
  WorkerPool speech_workers;
  WorkerPool errand_workers;
  const Outputs outputs;  // beside that of the routes, for what passes with time alone
  asio::steady_timer housekeeping{io};
  std::unique_ptr<Tls> tls;
  Service service{options, router, speech_workers, errand_workers, live, metrics};
  uint16_t port = 0;
  std::promise<void> quiet;  // fulfilled when no connection is left
  std::thread io_thread;
  std::once_flag stopped;

  bool is_idle_within(std::chrono::milliseconds time);
};

// Whether all that is being answered is sent by then.
bool Server::State::is_idle_within(std::chrono::milliseconds time) {
  const auto idle = std::make_shared<std::promise<void>>();
  const auto is_idle = idle->get_future();
  asio::co_spawn(io, listener->wait_until_idle(),
                 [idle](const std::exception_ptr& /*thrown*/) { idle->set_value(); });
  return is_idle.wait_for(time) == std::future_status::ready;
}

// Files grow old although nobody speaks. Ends when the timer is cancelled.
asio::awaitable<void> Server::State::keep_outputs_in_bounds() {
  boost::system::error_code error;
  for (bool is_first = true; !error; is_first = false) {
    errand_workers.submit({.cancel = {}, .step = [this, is_first](const Wake& /*wake*/) {
                             is_first ? outputs.clean_up() : outputs.prune();
                             return WorkerPool::Next::kDone;
                           }});
    housekeeping.expires_after(kHousekeepingInterval);
    co_await housekeeping.async_wait(asio::redirect_error(asio::use_awaitable, error));
  }
}

Result<std::unique_ptr<Server>> Server::start(Live& live, Administration administration) {
  ORPHEUS_CHECK(check_options(*live.now().options));
  return start(std::make_unique<State>(nullptr, live, std::move(administration)));
}

Result<std::unique_ptr<Server>> Server::start(const Options& options,
                                              speech::Synthesiser& synthesiser) {
  ORPHEUS_CHECK(check_options(options));
  auto live = std::make_unique<Live>(options);
  live->replace(options, {&synthesiser, [](speech::Synthesiser*) {}});
  Live& borrowed = *live;
  return start(std::make_unique<State>(std::move(live), borrowed, Administration{}));
}

Result<std::unique_ptr<Server>> Server::start(std::unique_ptr<State> state) {
  allow_many_descriptors(state->options.max_connections);
  ORPHEUS_TRY(auto acceptor, net::listen(state->io, state->options.host, state->options.port));
  ORPHEUS_TRY(state->tls, Tls::open(state->options));
  state->service.tls = state->tls.get();
  state->port = acceptor.local_endpoint().port();
  state->listener = std::make_unique<Listener>(std::move(acceptor), state->service);
  keep_listening(state->io, *state->listener);
  if (!state->options.outputs_folder.empty())
    asio::co_spawn(state->io, state->keep_outputs_in_bounds(), asio::detached);
  ORPHEUS_TRY(state->io_thread, start_thread([state = state.get()] {
                run_to_the_end(state->io, *state->listener);
                state->quiet.set_value();
              }));
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}

Server::~Server() { stop(); }

uint16_t Server::port() const { return state_->port; }

const Context& Server::context() const { return state_->context; }

WorkerPool& Server::speech_workers() { return state_->speech_workers; }

Result<void> Server::renew_certificate(const Options& options) {
  State& state = *state_;
  ORPHEUS_TRY(auto renewed, Tls::open(options));
  const bool had_tls = !state.options.tls_certificate.empty();
  if (had_tls != (renewed != nullptr)) {
    return fail(
        {.kind = ErrorKind::kUsage,
         .what = had_tls ? "a reload cannot switch TLS off" : "a reload cannot switch TLS on",
         .remedy = "Restart the program."});
  }
  if (!had_tls) return {};
  asio::post(state.io, [&state, renewed = std::move(renewed)]() mutable {
    state.tls = std::move(renewed);
    state.service.tls = state.tls.get();
  });
  return {};
}

void Server::stop() {
  std::call_once(state_->stopped, [this] {
    State& state = *state_;
    state.live.drain();
    asio::post(state.io, [&state] {
      state.housekeeping.cancel();
      state.listener->drain();
    });
    state.speech_workers.refuse_waiting();
    const auto drain_timeout = state.live.now().options->drain_timeout;
    const auto drained_by = std::chrono::steady_clock::now() + drain_timeout;
    if (!state.is_idle_within(drain_timeout)) {
      log::warn("the requests still in progress are cancelled");
      asio::post(state.io, [&state] { state.listener->cancel(); });
      state.errand_workers.refuse_waiting();  // after those that do not end
    }
    asio::post(state.io, [&state] { state.listener->close(); });
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        drained_by - std::chrono::steady_clock::now());
    const auto closing = std::max(state.options.cancel_timeout, std::min(left, kClosing));
    if (state.quiet.get_future().wait_for(closing) != std::future_status::ready) {
      asio::post(state.io, [&state] { state.listener->abort(); });
    }
    state.io_thread.join();
    state.speech_workers.stop();
    state.errand_workers.stop();
  });
}

}  // namespace orpheus::http
