#include "http/server/listener.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "base/quietly.h"

namespace orpheus::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// Without free descriptors or memory, accepting fails at once, so wait before the next try.
constexpr std::chrono::milliseconds kPauseAfterFailure{100};
// Whether the last answer has ended, when the server stops.
constexpr std::chrono::milliseconds kLookAgain{20};
// While every connection is being answered: whether one has become idle.
constexpr std::chrono::milliseconds kLookForIdle{50};

// Holds a flag up as long as it lives.
class Held {
 public:
  explicit Held(std::shared_ptr<bool> flag) : flag_(std::move(flag)) { *flag_ = true; }
  ~Held() { *flag_ = false; }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

 private:
  const std::shared_ptr<bool> flag_;
};

auto into(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

}  // namespace

// A connection's place among the others, until it is destroyed. It belongs to the coroutine that
// serves the connection. Where memory runs out, Asio may destroy the coroutine before it ends: the
// client would wait for ever, and what the connection began would go on without it.
class Listener::Place {
 public:
  Place(Listener& listener, std::shared_ptr<Connection> connection)
      : listener_(&listener), connection_(std::move(connection)) {
    listener_->connections_.insert(connection_);
    listener_->count_connections();
  }
  ~Place() {
    if (!connection_) return;
    quietly([&] { connection_->abort(); });
    listener_->connections_.erase(connection_);
    quietly([&] { listener_->count_connections(); });
    quietly([&] { listener_->room_.cancel(); });
  }
  Place(Place&& other) = default;
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  Place& operator=(Place&&) = delete;

  Connection& connection() const { return *connection_; }

 private:
  Listener* listener_;
  std::shared_ptr<Connection> connection_;
};

Listener::Listener(tcp::acceptor acceptor, const Service& service)
    : service_(service), acceptor_(std::move(acceptor)), room_(acceptor_.get_executor()) {}

asio::awaitable<void> Listener::run() {
  const Held listening(listens_);
  while (acceptor_.is_open()) {
    error_code error;
    tcp::socket socket = co_await acceptor_.async_accept(into(error));
    if (!error) {
      co_await make_room();
      if (!acceptor_.is_open()) break;
      try {
        serve(std::move(socket));
      } catch (const std::exception& thrown) {  // out of memory; other connections may still work
        log::warn("a connection could not be served: {}", thrown.what());
      }
    } else if (acceptor_.is_open() && error != asio::error::connection_aborted) {
      log::warn("a connection could not be accepted: {}", error.message());
      if (error == asio::error::no_descriptors) close_longest_idle();
      asio::steady_timer pause(acceptor_.get_executor(), kPauseAfterFailure);
      co_await pause.async_wait(into(error));
    }
  }
}

void Listener::serve(tcp::socket socket) {
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  auto transport =
      service_.tls ? service_.tls->around(std::move(socket)) : bare_transport(std::move(socket));
  auto connection = std::make_shared<Connection>(std::move(transport), service_);
  asio::co_spawn(acceptor_.get_executor(), serve(Place(*this, std::move(connection))),
                 asio::detached);
}

asio::awaitable<void> Listener::serve(Place place) { co_await place.connection().run(); }

// Whoever has waited longest for its client gives way to a client that has something to ask.
asio::awaitable<void> Listener::make_room() {
  const auto most = static_cast<size_t>(service_.options.max_connections);
  while (acceptor_.is_open() && connections_.size() >= most) {
    close_longest_idle();
    error_code cancelled;
    room_.expires_after(kLookForIdle);
    co_await room_.async_wait(into(cancelled));
  }
}

void Listener::count_connections() {
  service_.metrics.connections.set(static_cast<int64_t>(connections_.size()));
}

void Listener::close_longest_idle() {
  Connection* longest = nullptr;
  for (const auto& connection : connections_) {
    const auto since = connection->idle_since();
    if (since && (!longest || *since < *longest->idle_since())) longest = connection.get();
  }
  if (longest) longest->give_way();
}

asio::awaitable<void> Listener::wait_until_idle() {
  asio::steady_timer pause(acceptor_.get_executor());
  error_code ignored;
  while (std::any_of(connections_.begin(), connections_.end(),
                     [](const auto& connection) { return connection->is_working(); })) {
    pause.expires_after(kLookAgain);
    co_await pause.async_wait(into(ignored));
  }
}

void Listener::drain() {
  for (const auto& connection : connections_) connection->drain();
}

void Listener::close() {
  error_code ignored;
  acceptor_.close(ignored);
  room_.cancel();
  for (const auto& connection : connections_) connection->close();
}

void Listener::cancel() {
  for (const auto& connection : connections_) connection->cancel();
}

void Listener::abort() {
  for (const auto& connection : connections_) connection->abort();
}

}  // namespace orpheus::http
