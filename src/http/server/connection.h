#pragma once
// One client's connection. Reads requests one after the other and answers each. It continues to
// read while a response is made, so it notices if the client leaves. A client that only ends its
// own half still gets its response. Once the server drains, each response is the last of its
// connection, and its headers say so. A request may turn the connection into a WebSocket
// (socket.h), which ends it. Belongs to the I/O thread.

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>  // Asio 1.74's awaitable.hpp needs it

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>

#include "http/answer.h"
#include "http/request.h"
#include "http/response_channel.h"
#include "http/server/request_reader.h"
#include "http/server/service.h"
#include "http/server/socket.h"
#include "http/server/transport.h"
#include "http/server/wire.h"

namespace orpheus::http {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::unique_ptr<Transport> transport, const Service& service);

  // Serves until either side ends the connection. A shared_ptr must hold it meanwhile.
  boost::asio::awaitable<void> run();

  // The server stops: a WebSocket closes after what its client waits for.
  void drain();
  // Accepts no further request. Closes now, or after the response in progress.
  void close();
  // Whether a request is in progress, or the client has not yet read the whole last response.
  bool is_working();
  // Cancels the work in progress. The client still gets the resulting response.
  void cancel();
  // Closes now and cancels the work in progress.
  void abort();

  using Clock = std::chrono::steady_clock;
  // Since when it waits for its client: for a request, for the rest of one, or for the client's end
  // of the connection. Nothing while a response is made or sent.
  std::optional<Clock::time_point> idle_since() const {
    return socket_ ? socket_->idle_since() : idle_since_;
  }
  // Closes a waiting connection to make room for another client.
  void give_way();

 private:
  enum class Next { kRequest, kClose };
  struct Incoming {
    Manner manner;
    std::shared_ptr<const Request> request;
    std::optional<ApiError> refusal;  // if both are empty, the client left
  };

  boost::asio::awaitable<Next> wait_for_request();
  boost::asio::awaitable<Incoming> read_request();
  boost::asio::awaitable<bool> read_more(size_t num_bytes);
  Incoming take_request();
  Incoming ended_too_early() const;
  boost::asio::awaitable<Next> answer(Incoming incoming);
  using Made = std::optional<Answer>;  // empty until it is ready
  std::shared_ptr<Made> make_answer(const std::shared_ptr<const Request>& request);
  boost::asio::awaitable<Next> send(Response response, Manner manner);
  boost::asio::awaitable<Next> send_work(Work work, Manner manner);
  void say_when_to_retry(Response& response);
  boost::asio::awaitable<void> converse(Upgrade upgrade, const Request& request, Manner manner);
  boost::asio::awaitable<Next> relay(Manner manner);
  boost::asio::awaitable<void> write_piece(std::span<const std::byte> bytes, BodyEnd end);
  boost::asio::awaitable<void> write(boost::asio::const_buffer first,
                                     boost::asio::const_buffer second = {},
                                     boost::asio::const_buffer third = {});
  class Watch;
  boost::asio::awaitable<void> watch_client(Watch watch);
  void lose_client();
  bool listened_for_a_while() const;
  boost::asio::awaitable<boost::system::error_code> wait_for_reset();
  boost::asio::awaitable<void> wait_for_news();
  boost::asio::awaitable<bool> wait_for_news(std::chrono::milliseconds most);
  boost::asio::awaitable<void> linger();

  void record(const Request& request);
  void record_refused(const ApiError& refusal, const Manner& manner);
  std::function<void()> news_bringer();

  const Service& service_;
  const std::unique_ptr<Transport> transport_;
  RequestReader reader_;
  boost::asio::steady_timer news_;            // cancelled to signal news
  std::shared_ptr<ResponseChannel> channel_;  // of the work in progress
  std::shared_ptr<Socket> socket_;            // that the connection has become
  bool answering_ = false;                    // or reading a request
  bool working_ = false;                      // answering one
  bool watching_ = false;
  bool closing_ = false;
  bool half_closed_ = false;  // the client sends nothing more; it may still read
  bool gone_ = false;         // nothing more can reach the client
  std::optional<Clock::time_point> idle_since_;
  std::chrono::milliseconds until_probe_{0};  // of a client that may have left
  bool peer_is_local_ = false;
  std::string peer_;
  int status_ = 0;          // of the answer
  uint64_t num_bytes_ = 0;  // of its body, sent so far
  std::optional<std::chrono::steady_clock::time_point> first_byte_at_;
  std::string voice_;  // of a speech
  size_t num_characters_ = 0;
  int close_code_ = 0;  // of a WebSocket
};

}  // namespace orpheus::http
