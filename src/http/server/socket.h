#pragma once
// A WebSocket on a connection: reads the client's messages into a conversation, and does what the
// conversation asks for: it sends messages, runs its works on the pool and closes. Without work it
// holds no thread. Belongs to the I/O thread.

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>  // Asio 1.74's awaitable.hpp needs it

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "http/conversation.h"
#include "http/request.h"
#include "http/response_channel.h"
#include "http/server/service.h"
#include "http/server/transport.h"
#include "http/server/transport_stream.h"

namespace orpheus::http {

class Socket : public std::enable_shared_from_this<Socket> {
 public:
  using Clock = std::chrono::steady_clock;

  // unread: bytes that came behind the request. transport and service must outlive the socket.
  Socket(Transport& transport, boost::beast::flat_buffer unread, const Service& service,
         std::shared_ptr<Conversation> conversation);

  struct Outcome {
    // RFC 6455; 1006: the connection broke, without a close message.
    uint16_t close_code = kBroken;
    uint64_t num_bytes = 0;  // of messages that were sent
    std::optional<Clock::time_point> first_byte_at;
  };
  static constexpr uint16_t kBroken = 1006;
  static constexpr uint16_t kNoCode = 1005;  // the client's close message had none

  // Answers the request with 101 and serves until the socket is closed. A shared_ptr must hold it
  // meanwhile.
  boost::asio::awaitable<Outcome> run(const Request& request, std::string subprotocol);

  // Closes after what the client waits for.
  void drain();
  bool is_working() const { return is_open_ && conversation_->is_working(); }
  // Cancels the works in progress; the client is told.
  void cancel();
  // Cancels the works and ends. The caller closes the transport.
  void abort();
  // Since when neither side has begun anything.
  std::optional<Clock::time_point> idle_since() const;

 private:
  class Counted;
  class Reading;

  boost::asio::awaitable<bool> accept(const Request& request, const std::string& subprotocol);
  boost::asio::awaitable<void> read_messages(Reading reading);
  boost::asio::awaitable<void> serve();
  boost::asio::awaitable<void> perform(Action action);
  boost::asio::awaitable<void> send(SendMessage message);
  boost::asio::awaitable<void> close(CloseSocket close);
  void begin(BeginWork begin);
  void drop_work(WorkId id);
  void drop_all_work();
  bool take_news();
  bool take_news(WorkId id, ResponseChannel& channel);
  void say_when_to_retry(Response& refusal);
  boost::asio::awaitable<void> wait();
  void end(uint16_t code);

  Transport& transport_;
  const Service& service_;
  const std::shared_ptr<Conversation> conversation_;
  boost::beast::websocket::stream<TransportStream, false> stream_;  // without compression
  boost::asio::steady_timer news_;                                  // cancelled to signal news
  boost::asio::steady_timer room_;  // cancelled when all answers were sent
  std::map<WorkId, std::shared_ptr<ResponseChannel>> channels_;  // of the works in progress
  bool is_open_ = false;
  bool is_reading_ = false;
  int num_unanswered_ = 0;                 // messages whose answers were perhaps not sent yet
  Clock::time_point last_ = Clock::now();  // a message came or left
  Clock::time_point pinged_ = Clock::now();
  Outcome outcome_;
};

}  // namespace orpheus::http
