#pragma once
// Accepts connections and keeps track of them. Belongs to the I/O thread.

#include <memory>
#include <unordered_set>
#include <utility>  // Asio 1.74's awaitable.hpp needs it

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "http/server/connection.h"

namespace orpheus::http {

class Listener {
 public:
  Listener(boost::asio::ip::tcp::acceptor acceptor, const Service& service);

  // Accepts until closed. With max_connections connections, the one that has been idle longest is
  // closed for a new one; if none is idle, the new one waits.
  boost::asio::awaitable<void> run();
  // Whether it accepts, or waits to. Not behind an exception that came out of the I/O context.
  bool listens() const { return *listens_; }

  // WebSockets close after what their clients wait for.
  void drain();
  // Returns when no request is in progress.
  boost::asio::awaitable<void> wait_until_idle();
  // Accepts no new connections. Existing ones close after their current response.
  void close();
  // Cancels all work in progress; the responses are still sent.
  void cancel();
  // Closes the remaining connections.
  void abort();

 private:
  class Place;

  void serve(boost::asio::ip::tcp::socket socket);
  static boost::asio::awaitable<void> serve(Place place);
  void count_connections();
  boost::asio::awaitable<void> make_room();
  void close_longest_idle();

  const Service& service_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::shared_ptr<bool> listens_ = std::make_shared<bool>(false);  // shared with run()'s frame
  boost::asio::steady_timer room_;  // cancelled when a connection ends
  std::unordered_set<std::shared_ptr<Connection>> connections_;
};

}  // namespace orpheus::http
