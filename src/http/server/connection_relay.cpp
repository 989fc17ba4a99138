// The part of a connection that passes a response on while it is made, and notices if its client
// leaves meanwhile.
#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/fmt/fmt.h>
#include <sys/socket.h>

#include "base/quietly.h"
#include "http/errors.h"
#include "http/running_work.h"
#include "http/server/connection.h"

namespace orpheus::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr size_t kReadBytes = 4096;
constexpr size_t kReadAheadBytes = 64U
                                   << 10U;  // of requests that arrive before a response has ended
constexpr size_t kPieceBytes = 64U << 10U;  // each has the whole write_timeout
constexpr std::chrono::milliseconds kFirstProbe{1'000};
constexpr std::chrono::milliseconds kEndsItsHalfWithin{30};  // after the answer's first byte

auto into(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

asio::const_buffer buffer_of(std::string_view text) { return asio::buffer(text); }

}  // namespace

// The watch of a client, until it is destroyed. Where memory runs out its coroutine may be
// destroyed before it ends: then nobody would notice if the client left, and the connection ends.
class Connection::Watch {
 public:
  explicit Watch(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {
    connection_->watching_ = true;
  }
  ~Watch() {
    if (!connection_) return;
    connection_->watching_ = false;
    if (!ended_) quietly([&] { connection_->lose_client(); });
    quietly([&] { connection_->news_.cancel(); });
  }
  Watch(Watch&& other) = default;
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  Watch& operator=(Watch&&) = delete;

  void end() { ended_ = true; }

 private:
  std::shared_ptr<Connection> connection_;
  bool ended_ = false;
};

asio::awaitable<Connection::Next> Connection::send_work(Work work, Manner manner) {
  WorkerPool& workers =
      work.kind == Work::Kind::kSpeech ? service_.speech_workers : service_.errand_workers;
  voice_ = work.voice;
  num_characters_ = work.num_characters;
  const auto options = service_.live.now().options;
  const int most = options->max_open_speeches();
  service_.speech_workers.allow(static_cast<size_t>(most));  // a reload may have changed it
  channel_ = start_work(std::move(work), workers, service_.metrics, news_bringer());
  if (!channel_) {
    Response refusal =
        service_.live.draining()
            ? stopping_response()
            // About real time for each sequence, until the pool knows better.
            : too_busy_response(most, workers.seconds_until_place(options->max_speeches));
    co_return co_await send(std::move(refusal), manner);
  }
  asio::co_spawn(news_.get_executor(), watch_client(Watch(shared_from_this())), asio::detached);
  const Next next = co_await relay(manner);
  if (gone_) channel_->leave();
  channel_ = nullptr;
  while (watching_) {
    transport_->cancel();
    co_await wait_for_news();
  }
  co_return gone_ ? Next::kClose : next;
}

// A speech that the synthesiser refuses because it is too busy: the pool knows when a place is
// free.
void Connection::say_when_to_retry(Response& response) {
  if (response.status != 429) return;
  const int guessed_rate = service_.live.now().options->max_speeches;
  response.set("Retry-After",
               std::to_string(service_.speech_workers.seconds_until_place(guessed_rate)));
}

// Passes the work's response on while it is made.
asio::awaitable<Connection::Next> Connection::relay(Manner manner) {
  using State = ResponseChannel::State;
  BodyEnd end = manner.version == 10 ? BodyEnd::kClose : BodyEnd::kLastChunk;
  bool has_begun = false;
  until_probe_ = kFirstProbe;
  while (!gone_) {
    ResponseChannel::Progress next = channel_->take();
    if (next.whole) {
      say_when_to_retry(*next.whole);
      co_return co_await send(std::move(*next.whole), manner);
    }
    if (next.head) {
      if (next.head->body_bytes) end = BodyEnd::kLength;
      manner.keep_alive = manner.keep_alive && end != BodyEnd::kClose && !service_.live.draining();
      status_ = next.head->status;
      first_byte_at_ = std::chrono::steady_clock::now();
      const std::string head = head_bytes(*next.head, manner, end);
      has_begun = true;
      co_await write(buffer_of(head));
    }
    if (!manner.head_only) co_await write_piece(next.bytes, end);
    num_bytes_ += next.bytes.size();
    if (next.state == State::kFinished) {
      if (end == BodyEnd::kLastChunk && !manner.head_only) co_await write(buffer_of("0\r\n\r\n"));
      co_return manner.keep_alive ? Next::kRequest : Next::kClose;
    }
    if (next.state == State::kBroken) {
      // If the connection's end is the body's end, only a reset shows that the body is incomplete.
      error_code ignored;
      if (end == BodyEnd::kClose) {
        transport_->socket_stream().socket().set_option(asio::socket_base::linger(true, 0),
                                                        ignored);
      }
      gone_ = true;
    }
    if (gone_ || next.head || !next.bytes.empty()) continue;
    if (has_begun || manner.version == 10 || !half_closed_) {
      co_await wait_for_news();
    } else if (!co_await wait_for_news(until_probe_)) {
      // If the client is gone (and has not only ended its half), its system resets the connection.
      // HTTP/1.1 clients skip this response.
      co_await write(buffer_of("HTTP/1.1 100 Continue\r\n\r\n"));
      until_probe_ *= 2;
    }
  }
  co_return Next::kClose;
}

asio::awaitable<void> Connection::write_piece(std::span<const std::byte> bytes, BodyEnd end) {
  while (!bytes.empty() && !gone_) {
    const auto piece = bytes.first(std::min(bytes.size(), kPieceBytes));
    bytes = bytes.subspan(piece.size());
    const asio::const_buffer body(piece.data(), piece.size());
    const std::string size_line = fmt::format("{:x}\r\n", piece.size());
    if (end == BodyEnd::kLastChunk) {
      co_await write(buffer_of(size_line), body, buffer_of("\r\n"));
    } else {
      co_await write(body);
    }
  }
}

// A client that ends its half on purpose does so with its request (nc -N). An end that comes later,
// while it reads the answer, is that of a client that left (a page that stops).
bool Connection::listened_for_a_while() const {
  return first_byte_at_ && Clock::now() - *first_byte_at_ > kEndsItsHalfWithin;
}

// Reads ahead while a response is made. Arriving bytes begin the next request. The end of the
// stream means that the client sends nothing more, and may have left.
asio::awaitable<void> Connection::watch_client(Watch watch) {
  error_code error;
  while (!error && channel_ && reader_.num_unread_bytes() < kReadAheadBytes) {
    transport_->expires_never();
    reader_.take_in(co_await transport_->read_some(reader_.room(kReadBytes), error));
  }
  if (error == asio::error::eof && !listened_for_a_while()) {
    half_closed_ = true;
    news_.cancel();
  }
  if (channel_ && (!error || half_closed_)) error = co_await wait_for_reset();
  if (error && error != asio::error::operation_aborted) lose_client();
  watch.end();
}

void Connection::lose_client() {
  gone_ = true;
  if (channel_) channel_->leave();
}

// Returns no error if the system does not tell.
asio::awaitable<error_code> Connection::wait_for_reset() {
  auto& socket = transport_->socket_stream().socket();
  error_code error;
  while (!error && channel_) {
    co_await socket.async_wait(asio::ip::tcp::socket::wait_error, into(error));
    if (error) break;
    // Urgent data ends the wait too.
    int reason = 0;
    socklen_t size = sizeof reason;
    if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_ERROR, &reason, &size) != 0) break;
    error = error_code(reason, boost::system::system_category());
  }
  co_return error;
}

}  // namespace orpheus::http
