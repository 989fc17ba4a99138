#pragma once
// A Wyoming client's connection: reads bytes into its session and does what the session asks for.
// It always reads, so it notices if the client leaves; the work of that client then ends before its
// next step. Belongs to the thread of the Wyoming server.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>  // Asio 1.74's awaitable.hpp needs it

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "http/context.h"
#include "http/response_channel.h"
#include "http/worker_pool.h"
#include "wyoming/event.h"
#include "wyoming/session.h"

namespace orpheus::wyoming {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Clock = std::chrono::steady_clock;

  // context and workers must outlive the connection.
  Connection(boost::asio::ip::tcp::socket socket, const http::Context& context,
             http::WorkerPool& workers);

  // Serves until either side ends the connection. A shared_ptr must hold it meanwhile.
  boost::asio::awaitable<void> run();

  // Closes after the request in progress.
  void drain();
  // Cancels the work in progress. The client is told.
  void cancel();
  // Closes now, and cancels the work in progress.
  void abort();
  // Since when it waits for its client; nothing while its work is in progress.
  std::optional<Clock::time_point> idle_since() const;

 private:
  class Reading;

  boost::asio::awaitable<void> read(Reading reading);
  bool take_event();
  boost::asio::awaitable<void> wait_for_room();
  void lose_client();
  boost::asio::awaitable<void> serve();
  boost::asio::awaitable<void> perform(Action action);
  boost::asio::awaitable<void> write(std::span<const std::byte> bytes);
  void begin(http::Work work);
  void drop_work();
  bool take_news();
  boost::asio::awaitable<void> wait();
  Clock::time_point patience_ends_at() const;
  void tell(const Answered& answered);
  void end();
  boost::asio::awaitable<void> linger();

  boost::asio::ip::tcp::socket socket_;
  const http::Context& context_;
  http::WorkerPool& workers_;
  EventReader reader_;
  Session session_;
  boost::asio::steady_timer news_;                  // cancelled to signal news
  boost::asio::steady_timer room_;                  // cancelled when answers were sent
  boost::asio::steady_timer write_limit_;           // closes a connection that takes nothing
  std::shared_ptr<http::ResponseChannel> channel_;  // of the work in progress
  bool is_open_ = true;
  bool is_reading_ = false;
  bool lingers_ = false;                             // this side has ended the session
  Clock::time_point last_ = Clock::now();            // when either side sent something
  std::optional<Clock::time_point> event_begun_at_;  // of an event that has not arrived whole
  std::optional<Clock::time_point> first_byte_at_;   // of the request in progress
  uint64_t num_output_bytes_ = 0;                    // likewise
  std::array<char, 4096> buffer_{};
};

}  // namespace orpheus::wyoming
