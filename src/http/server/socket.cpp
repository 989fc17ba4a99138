#include "http/server/socket.h"

#include <algorithm>
#include <cstddef>
#include <exception>
#include <span>
#include <string_view>
#include <variant>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/websocket/error.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "base/quietly.h"
#include "http/errors.h"
#include "http/running_work.h"

namespace orpheus::http {
namespace {

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;
namespace wire = boost::beast::http;
using boost::system::error_code;

// Messages are parsed on the thread of all connections. A longer text comes in several.
constexpr size_t kMostMessageBytes = 64U << 10U;
constexpr size_t kKeptBytes = 16U << 10U;  // of the buffer, between two messages
// For the client's answer to a close message.
constexpr std::chrono::milliseconds kCloseWithin{2'000};
// A ping waits behind the sound that the client has not read yet, in low rates more than a minute.
constexpr int kPatience = 4;  // idle timeouts
// A client that reads no answers is not read any more.
constexpr int kMostUnanswered = 64;

auto into(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

// The close code that Beast has sent for these errors of a client's frames.
uint16_t close_code_of(error_code error) {
  if (error == websocket::error::bad_frame_payload) return websocket::close_code::bad_payload;
  if (error == websocket::error::message_too_big || error == websocket::error::buffer_overflow)
    return websocket::close_code::too_big;
  if (error == websocket::condition::protocol_violation)
    return websocket::close_code::protocol_error;
  return Socket::kBroken;
}

}  // namespace

// The reader of the messages, until it is destroyed. Where memory runs out, its coroutine may be
// destroyed before it ends: then nobody would notice if the client left, and the socket ends.
class Socket::Reading {
 public:
  explicit Reading(std::shared_ptr<Socket> socket) : socket_(std::move(socket)) {
    socket_->is_reading_ = true;
  }
  ~Reading() {
    if (!socket_) return;
    socket_->is_reading_ = false;
    quietly([&] { socket_->end(kBroken); });
    quietly([&] { socket_->news_.cancel(); });
  }
  Reading(Reading&& other) = default;
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
  Reading& operator=(Reading&&) = delete;

 private:
  std::shared_ptr<Socket> socket_;
};

// Counts a socket while it lives.
class Socket::Counted {
 public:
  explicit Counted(const Socket& socket) : socket_(socket) {
    socket_.service_.metrics.sockets.add(1);
  }
  ~Counted() {
    Metrics& metrics = socket_.service_.metrics;
    metrics.sockets.add(-1);
    quietly([&] { metrics.closed_socket(socket_.outcome_.close_code); });
  }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  const Socket& socket_;
};

Socket::Socket(Transport& transport, boost::beast::flat_buffer unread, const Service& service,
               std::shared_ptr<Conversation> conversation)
    : transport_(transport),
      service_(service),
      conversation_(std::move(conversation)),
      stream_(transport, std::move(unread), service.options.write_timeout),
      news_(transport.socket_stream().get_executor()),
      room_(transport.socket_stream().get_executor()) {}

asio::awaitable<Socket::Outcome> Socket::run(const Request& request, std::string subprotocol) {
  if (!co_await accept(request, subprotocol)) co_return outcome_;
  is_open_ = true;
  const Counted counted(*this);
  conversation_->open(Clock::now());
  if (service_.live.draining()) conversation_->drain(Clock::now());
  asio::co_spawn(news_.get_executor(), read_messages(Reading(shared_from_this())), asio::detached);
  std::exception_ptr thrown;
  try {
    co_await serve();
  } catch (...) {  // no memory; the reader still uses the transport
    thrown = std::current_exception();
  }
  end(kBroken);
  drop_all_work();
  while (is_reading_) {
    transport_.cancel();
    room_.cancel();
    news_.expires_at(Clock::time_point::max());
    error_code cancelled;
    co_await news_.async_wait(into(cancelled));
  }
  if (thrown) std::rethrow_exception(thrown);
  co_return outcome_;
}

asio::awaitable<bool> Socket::accept(const Request& request, const std::string& subprotocol) {
  const Options& options = service_.options;
  wire::request<wire::empty_body> handshake(wire::verb::get, request.path, 11);
  for (const char* name :
       {"Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version"}) {
    const std::string value(request.header(name).value_or(""));
    handshake.set(name, value);
  }
  stream_.set_option(
      websocket::stream_base::timeout{.handshake_timeout = kCloseWithin,
                                      .idle_timeout = kPatience * options.idle_timeout,
                                      .keep_alive_pings = true});
  stream_.set_option(websocket::stream_base::decorator([&](websocket::response_type& response) {
    response.set(wire::field::server, "orpheus");
    response.set("X-Request-Id", request.id);
    if (!subprotocol.empty()) response.set(wire::field::sec_websocket_protocol, subprotocol);
  }));
  stream_.read_message_max(std::min(kMostMessageBytes, options.max_body_bytes));
  stream_.auto_fragment(false);
  error_code error;
  co_await stream_.async_accept(handshake, into(error));
  co_return !error;
}

asio::awaitable<void> Socket::read_messages(Reading /*reading*/) {
  boost::beast::flat_buffer buffer;
  error_code error;
  while (is_open_) {
    co_await stream_.async_read(buffer, into(error));
    if (error) break;
    last_ = Clock::now();
    const auto bytes = buffer.cdata();
    if (stream_.got_text()) {
      conversation_->take_text({static_cast<const char*>(bytes.data()), bytes.size()}, last_);
    } else {
      conversation_->take_binary({static_cast<const std::byte*>(bytes.data()), bytes.size()},
                                 last_);
    }
    buffer.consume(buffer.size());
    if (buffer.capacity() > kKeptBytes) buffer.shrink_to_fit();
    ++num_unanswered_;
    news_.cancel();
    while (is_open_ && num_unanswered_ >= kMostUnanswered) {
      error_code cancelled;
      room_.expires_at(Clock::time_point::max());
      co_await room_.async_wait(into(cancelled));
    }
  }
  if (error) {
    const bool was_closed = error == websocket::error::closed;
    const auto code = static_cast<uint16_t>(stream_.reason().code);
    end(!was_closed ? close_code_of(error) : code != 0 ? code : kNoCode);
  }
}

// The first reason is the socket's.
void Socket::end(uint16_t code) {
  if (!is_open_) return;
  is_open_ = false;
  outcome_.close_code = code;
  news_.cancel();
  room_.cancel();
}

asio::awaitable<void> Socket::serve() {
  while (is_open_) {
    if (auto action = conversation_->next()) {
      co_await perform(std::move(*action));
    } else {
      num_unanswered_ = 0;  // also while the client still takes the sound of its last message
      room_.cancel();
      if (!take_news()) co_await wait();
    }
  }
}

asio::awaitable<void> Socket::perform(Action action) {
  if (auto* message = std::get_if<SendMessage>(&action)) {
    co_await send(std::move(*message));
  } else if (auto* closing = std::get_if<CloseSocket>(&action)) {
    co_await close(std::move(*closing));
  } else if (auto* work = std::get_if<BeginWork>(&action)) {
    begin(std::move(*work));
  } else {
    drop_work(std::get<DropWork>(action).id);
  }
}

asio::awaitable<void> Socket::send(SendMessage message) {
  error_code error;
  stream_.binary(message.is_binary);
  co_await stream_.async_write(asio::buffer(message.payload), into(error));
  if (error) co_return end(kBroken);
  last_ = Clock::now();
  outcome_.num_bytes += message.payload.size();
  if (message.output_of && !outcome_.first_byte_at) outcome_.first_byte_at = last_;
}

asio::awaitable<void> Socket::close(CloseSocket close) {
  error_code error;
  end(close.code);
  const websocket::close_reason reason(static_cast<websocket::close_code>(close.code),
                                       close.reason);
  stream_.next_layer().drop_input();
  co_await stream_.async_close(reason, into(error));
}

void Socket::begin(BeginWork begin) {
  drop_work(begin.id);
  const auto options = service_.live.now().options;
  const int most = options->max_open_speeches();
  service_.speech_workers.allow(static_cast<size_t>(most));  // a reload may have changed it
  auto channel = start_work(std::move(begin.work), service_.speech_workers, service_.metrics,
                            [self = weak_from_this(), executor = news_.get_executor()] {
                              asio::post(executor, [self] {
                                if (const auto socket = self.lock()) socket->news_.cancel();
                              });
                            });
  if (channel) {
    channels_.emplace(begin.id, std::move(channel));
    return;
  }
  const Response refusal =
      service_.live.draining()
          ? stopping_response()
          : too_busy_response(most,
                              service_.speech_workers.seconds_until_place(options->max_speeches));
  if (refusal.status == 429) service_.metrics.refused.add();
  conversation_->take_refusal(begin.id, refusal, Clock::now());
}

void Socket::drop_work(WorkId id) {
  const auto found = channels_.find(id);
  if (found == channels_.end()) return;
  found->second->leave();
  channels_.erase(found);
}

void Socket::drop_all_work() {
  for (const auto& [id, channel] : channels_) channel->leave();
  channels_.clear();
}

// Passes on what the works have written, and which have ended. False if there is nothing new.
bool Socket::take_news() {
  bool is_new = false;
  for (auto next = channels_.begin(); next != channels_.end();) {
    const auto [id, channel] = *next++;  // its end erases it
    is_new = take_news(id, *channel) || is_new;
  }
  return is_new;
}

// A speech that the synthesiser refuses because it is too busy: the pool knows when a place is
// free.
void Socket::say_when_to_retry(Response& refusal) {
  if (refusal.status != 429) return;
  service_.metrics.refused.add();
  const int guessed_rate = service_.live.now().options->max_speeches;
  refusal.set("Retry-After",
              std::to_string(service_.speech_workers.seconds_until_place(guessed_rate)));
}

bool Socket::take_news(WorkId id, ResponseChannel& channel) {
  using State = ResponseChannel::State;
  const ResponseChannel::Progress progress = channel.take();
  const auto now = Clock::now();
  if (!progress.bytes.empty()) conversation_->take_output(id, progress.bytes, now);
  if (progress.whole) {
    channels_.erase(id);
    Response refusal = *progress.whole;
    say_when_to_retry(refusal);
    conversation_->take_refusal(id, refusal, now);
  } else if (progress.state != State::kOpen) {
    channels_.erase(id);
    conversation_->end_work(id,
                            progress.state == State::kFinished ? Conversation::WorkEnd::kWhole
                                                               : Conversation::WorkEnd::kBroken,
                            now);
  } else {
    return !progress.bytes.empty();
  }
  return true;
}

asio::awaitable<void> Socket::wait() {
  const auto due = conversation_->due();
  const auto ping_at = std::max(last_, pinged_) + service_.options.idle_timeout / 2;
  error_code error;
  news_.expires_at(std::min(due.value_or(Clock::time_point::max()), ping_at));
  co_await news_.async_wait(into(error));
  const auto now = Clock::now();
  if (now >= ping_at && is_open_) {
    pinged_ = now;
    co_await stream_.async_ping({}, into(error));
    if (error) co_return end(kBroken);
  }
  if (due && *due <= now && is_open_) conversation_->tick(now);
}

void Socket::drain() {
  if (!is_open_) return;
  conversation_->drain(Clock::now());
  news_.cancel();
}

void Socket::cancel() {
  for (const auto& [id, channel] : channels_) channel->stop();
}

void Socket::abort() {
  drop_all_work();
  end(kBroken);
  news_.cancel();
}

std::optional<Socket::Clock::time_point> Socket::idle_since() const {
  return is_open_ && !conversation_->is_working() ? std::optional(last_) : std::nullopt;
}

}  // namespace orpheus::http
