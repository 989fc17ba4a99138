#include "wyoming/server.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <thread>
#include <unordered_set>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "base/quietly.h"
#include "base/threads.h"
#include "net/listen.h"
#include "wyoming/connection.h"

namespace orpheus::wyoming {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// Without free descriptors or memory, accepting fails at once, so wait before the next try.
constexpr std::chrono::milliseconds kPauseAfterFailure{100};
// While every connection has a request in progress: whether one has become idle.
constexpr std::chrono::milliseconds kLookForIdle{50};

auto into(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

}  // namespace

// Belongs to its thread, once that runs.
struct Server::State {
  State(const http::Context& shared, http::WorkerPool& pool) : context(shared), workers(pool) {}

  class Place;

  void keep_accepting();
  asio::awaitable<void> accept();
  asio::awaitable<void> make_room();
  void serve(tcp::socket socket);
  static asio::awaitable<void> serve(Place place);
  void count_connections();
  asio::awaitable<void> end_in_time();
  void drain();
  void run();

  const http::Context& context;
  http::WorkerPool& workers;
  asio::io_context io{1};
  tcp::acceptor acceptor{io};
  asio::steady_timer room{io};      // cancelled when a connection ends
  asio::steady_timer patience{io};  // cancelled when the last one ends while the server drains
  std::unordered_set<std::shared_ptr<Connection>> connections;
  bool is_draining = false;
  uint16_t port = 0;
  std::thread thread;
};

// A connection's place among the others, until it is destroyed. It belongs to the coroutine that
// serves the connection, which Asio may destroy before it ends if memory runs out.
class Server::State::Place {
 public:
  Place(State& server, std::shared_ptr<Connection> connection)
      : server_(&server), connection_(std::move(connection)) {
    server_->connections.insert(connection_);
    server_->count_connections();
  }
  ~Place() {
    if (!connection_) return;
    quietly([&] { connection_->abort(); });
    quietly([&] { server_->connections.erase(connection_); });
    quietly([&] { server_->count_connections(); });
    quietly([&] { server_->room.cancel(); });
    if (server_->connections.empty()) quietly([&] { server_->patience.cancel(); });
  }
  Place(Place&& other) = default;
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  Place& operator=(Place&&) = delete;

  Connection& connection() const { return *connection_; }

 private:
  State* server_;
  std::shared_ptr<Connection> connection_;
};

// If memory runs out for the coroutine that accepts, another one takes its place.
void Server::State::keep_accepting() {
  asio::co_spawn(io, accept(), [this](const std::exception_ptr& thrown) {
    if (thrown && acceptor.is_open()) keep_accepting();
  });
}

asio::awaitable<void> Server::State::accept() {
  while (acceptor.is_open()) {
    error_code error;
    tcp::socket socket = co_await acceptor.async_accept(into(error));
    if (!error) {
      co_await make_room();
      if (acceptor.is_open()) serve(std::move(socket));
    } else if (acceptor.is_open() && error != asio::error::connection_aborted) {
      log::warn("a Wyoming connection could not be accepted: {}", error.message());
      asio::steady_timer pause(io, kPauseAfterFailure);
      co_await pause.async_wait(into(error));
    }
  }
}

asio::awaitable<void> Server::State::make_room() {
  while (acceptor.is_open() && connections.size() >= kMaxConnections) {
    Connection* longest = nullptr;
    for (const auto& connection : connections) {
      const auto since = connection->idle_since();
      if (since && (longest == nullptr || *since < *longest->idle_since()))
        longest = connection.get();
    }
    if (longest != nullptr) longest->abort();
    error_code cancelled;
    room.expires_after(kLookForIdle);
    co_await room.async_wait(into(cancelled));
  }
}

void Server::State::serve(tcp::socket socket) {
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  auto connection = std::make_shared<Connection>(std::move(socket), context, workers);
  asio::co_spawn(io, serve(Place(*this, std::move(connection))), asio::detached);
}

asio::awaitable<void> Server::State::serve(Place place) { co_await place.connection().run(); }

void Server::State::count_connections() {
  context.metrics.wyoming_connections.set(static_cast<int64_t>(connections.size()));
}

void Server::State::drain() {
  if (std::exchange(is_draining, true)) return;
  error_code ignored;
  acceptor.close(ignored);
  room.cancel();
  if (connections.empty()) return;
  for (const auto& connection : connections) connection->drain();
  asio::co_spawn(io, end_in_time(), asio::detached);
}

// Ends what does not end by itself.
asio::awaitable<void> Server::State::end_in_time() {
  if (connections.empty()) co_return;
  const auto options = context.live.now().options;
  error_code cancelled;
  patience.expires_after(options->drain_timeout);
  co_await patience.async_wait(into(cancelled));
  if (connections.empty()) co_return;
  for (const auto& connection : connections) connection->cancel();
  patience.expires_after(options->cancel_timeout);
  co_await patience.async_wait(into(cancelled));
  const auto left = connections;  // an aborted connection may leave its place
  for (const auto& connection : left) connection->abort();
}

// What is thrown out of a handler, where memory runs out, ends what the handler served and no more.
void Server::State::run() {
  while (true) {
    try {
      io.run();
      return;
    } catch (const std::exception& thrown) {
      log::error("a Wyoming connection failed: {}", thrown.what());
    }
  }
}

Result<std::unique_ptr<Server>> Server::start(const std::string& host, int port,
                                              const http::Context& context,
                                              http::WorkerPool& workers) {
  auto state = std::make_unique<State>(context, workers);
  ORPHEUS_TRY(state->acceptor, net::listen(state->io, host, port));
  state->port = state->acceptor.local_endpoint().port();
  state->keep_accepting();
  ORPHEUS_TRY(state->thread, start_thread([state = state.get()] { state->run(); }));
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}

Server::~Server() { stop(); }

uint16_t Server::port() const { return state_->port; }

void Server::drain() {
  asio::post(state_->io, [state = state_.get()] { state->drain(); });
}

void Server::stop() {
  if (!state_->thread.joinable()) return;
  drain();
  state_->thread.join();
}

}  // namespace orpheus::wyoming
