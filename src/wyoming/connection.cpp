#include "wyoming/connection.h"

#include <algorithm>
#include <string_view>
#include <variant>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "base/log.h"
#include "base/quietly.h"
#include "http/request_log.h"
#include "http/running_work.h"

namespace orpheus::wyoming {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr size_t kPieceBytes = 64U << 10U;  // each has the whole write_timeout
constexpr std::chrono::milliseconds kLinger{500};

auto into(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

std::string peer_of(const tcp::socket& socket) {
  error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  return error ? "" : endpoint.address().to_string();
}

}  // namespace

// The reader of the client's bytes, until it is destroyed. Where memory runs out, its coroutine may
// be destroyed before it ends: then nobody would notice if the client left, and the connection
// ends.
class Connection::Reading {
 public:
  explicit Reading(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {
    connection_->is_reading_ = true;
  }
  ~Reading() {
    if (!connection_) return;
    connection_->is_reading_ = false;
    quietly([&] { connection_->end(); });
    quietly([&] { connection_->news_.cancel(); });
  }
  Reading(Reading&& other) = default;
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
  Reading& operator=(Reading&&) = delete;

 private:
  std::shared_ptr<Connection> connection_;
};

Connection::Connection(tcp::socket socket, const http::Context& context, http::WorkerPool& workers)
    : socket_(std::move(socket)),
      context_(context),
      workers_(workers),
      reader_(limits_for_texts(context.live.now().options->max_input_code_points)),
      session_(context, peer_of(socket_)),
      news_(socket_.get_executor()),
      room_(socket_.get_executor()),
      write_limit_(socket_.get_executor()) {}

asio::awaitable<void> Connection::run() {
  if (context_.live.draining()) session_.drain(Clock::now());
  asio::co_spawn(socket_.get_executor(), read(Reading(shared_from_this())), asio::detached);
  co_await serve();
  drop_work();
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  socket_.cancel(ignored);
  while (is_reading_) {
    room_.cancel();
    news_.expires_at(Clock::time_point::max());
    co_await news_.async_wait(into(ignored));
  }
  if (lingers_) co_await linger();
  socket_.close(ignored);
}

// If the client were still sending when its connection is closed, its system would throw the last
// answer away.
asio::awaitable<void> Connection::linger() {
  const auto until = Clock::now() + kLinger;
  write_limit_.expires_at(until);
  write_limit_.async_wait([weak = weak_from_this()](error_code cancelled) {
    const auto self = weak.lock();
    error_code ignored;
    if (!cancelled && self) self->socket_.cancel(ignored);
  });
  error_code error;
  // A read that finds bytes ends at once, and cannot be cancelled: the clock ends a flood.
  while (!error && Clock::now() < until)
    co_await socket_.async_read_some(asio::buffer(buffer_), into(error));
  write_limit_.cancel();
}

// --- the client's bytes ---------------------------------------------------------------------

asio::awaitable<void> Connection::read(Reading /*reading*/) {
  error_code error;
  while (is_open_) {
    const size_t count = co_await socket_.async_read_some(asio::buffer(buffer_), into(error));
    if (error || !is_open_) break;
    last_ = Clock::now();
    reader_.push({buffer_.data(), count});
    while (is_open_ && take_event()) {
      news_.cancel();
      if (session_.is_behind()) co_await wait_for_room();
    }
    news_.cancel();  // a part of an event has a limit of time too
  }
  if (is_open_) lose_client();
}

// False if none has arrived whole.
bool Connection::take_event() {
  const auto event = reader_.next();
  if (!event) {
    session_.take_fault(event.error(), last_);
    return false;
  }
  if (*event) {
    event_begun_at_.reset();
    session_.take(**event, last_);
  } else if (!reader_.is_within_event()) {
    event_begun_at_.reset();
  } else if (!event_begun_at_) {
    event_begun_at_ = last_;
  }
  return event->has_value();
}

// The client has not read the answers that it has.
asio::awaitable<void> Connection::wait_for_room() {
  error_code cancelled;
  while (is_open_ && session_.is_behind()) {
    room_.expires_at(Clock::time_point::max());
    co_await room_.async_wait(into(cancelled));
  }
}

// The client left, or is given up. What it waited for is only logged.
void Connection::lose_client() {
  session_.leave();
  while (const auto action = session_.next())
    if (const auto* answered = std::get_if<Answered>(&*action)) tell(*answered);
  end();
}

// --- what the session asks for ----------------------------------------------------------------

asio::awaitable<void> Connection::serve() {
  while (is_open_) {
    if (auto action = session_.next()) {
      co_await perform(std::move(*action));
    } else {
      room_.cancel();
      if (!take_news()) co_await wait();
    }
  }
}

asio::awaitable<void> Connection::perform(Action action) {
  if (auto* sent = std::get_if<SendBytes>(&action)) {
    co_await write(sent->bytes);
    if (!sent->is_output || !is_open_) co_return;
    if (!first_byte_at_) first_byte_at_ = last_;
    num_output_bytes_ += sent->bytes.size();
  } else if (auto* work = std::get_if<BeginWork>(&action)) {
    begin(std::move(work->work));
  } else if (const auto* answered = std::get_if<Answered>(&action)) {
    tell(*answered);
  } else {
    lingers_ = true;
    end();
  }
}

asio::awaitable<void> Connection::write(std::span<const std::byte> bytes) {
  error_code error;
  while (!bytes.empty() && is_open_) {
    const auto piece = bytes.first(std::min(bytes.size(), kPieceBytes));
    bytes = bytes.subspan(piece.size());
    write_limit_.expires_after(context_.live.now().options->write_timeout);
    write_limit_.async_wait([weak = weak_from_this()](error_code cancelled) {
      const auto self = weak.lock();
      if (!cancelled && self) self->abort();
    });
    co_await asio::async_write(socket_, asio::buffer(piece.data(), piece.size()), into(error));
    write_limit_.cancel();
    if (error && is_open_) abort();
  }
  last_ = Clock::now();
}

void Connection::begin(http::Work work) {
  drop_work();
  first_byte_at_.reset();
  num_output_bytes_ = 0;
  const auto options = context_.live.now().options;
  const int most = options->max_open_speeches();
  workers_.allow(static_cast<size_t>(most));  // a reload may have changed it
  channel_ = http::start_work(std::move(work), workers_, context_.metrics,
                              [weak = weak_from_this(), executor = socket_.get_executor()] {
                                asio::post(executor, [weak] {
                                  if (const auto self = weak.lock()) self->news_.cancel();
                                });
                              });
  if (channel_) return;
  session_.take_refusal(
      context_.live.draining()
          ? http::stopping_response()
          : http::too_busy_response(most, workers_.seconds_until_place(options->max_speeches)));
}

void Connection::drop_work() {
  if (channel_) channel_->leave();
  channel_ = nullptr;
}

// Passes on what the work has written, and that it has ended. False if there is nothing new.
bool Connection::take_news() {
  using State = http::ResponseChannel::State;
  if (!channel_) return false;
  const http::ResponseChannel::Progress progress = channel_->take();
  if (!progress.bytes.empty()) session_.take_output(progress.bytes);
  if (progress.whole) {
    channel_ = nullptr;
    http::Response refusal = *progress.whole;
    if (refusal.status == 429) {  // the engine is too busy: the pool knows when a place is free
      const int guessed_rate = context_.live.now().options->max_speeches;
      refusal.set("Retry-After", std::to_string(workers_.seconds_until_place(guessed_rate)));
    }
    session_.take_refusal(refusal);
  } else if (progress.state != State::kOpen) {
    channel_ = nullptr;
    session_.end_work(
        progress.state == State::kFinished ? Session::WorkEnd::kWhole : Session::WorkEnd::kBroken,
        Clock::now());
  }
  return !progress.bytes.empty() || !channel_;
}

void Connection::tell(const Answered& answered) {
  const std::string& event = answered.asked.path;
  context_.metrics.answered_wyoming(is_served(event) ? event : "other", answered.exchange.status);
  http::Exchange exchange = answered.exchange;
  exchange.num_bytes = std::exchange(num_output_bytes_, 0);
  exchange.first_byte_at = std::exchange(first_byte_at_, std::nullopt);
  exchange.ended_at = Clock::now();
  if (log::writes(log::Level::kInfo))
    log::write(log::Level::kInfo, "request", http::fields_of(answered.asked, event, exchange));
}

// --- time, and the end ----------------------------------------------------------------------

// When a client that sends nothing is left.
Connection::Clock::time_point Connection::patience_ends_at() const {
  const auto options = context_.live.now().options;
  if (event_begun_at_) return *event_begun_at_ + options->body_timeout;
  return session_.is_working() ? Clock::time_point::max() : last_ + options->idle_timeout;
}

asio::awaitable<void> Connection::wait() {
  const auto due = session_.due();
  const auto left_at = patience_ends_at();
  error_code cancelled;
  news_.expires_at(std::min(due.value_or(Clock::time_point::max()), left_at));
  co_await news_.async_wait(into(cancelled));
  if (!is_open_) co_return;
  const auto now = Clock::now();
  if (due && *due <= now) session_.tick(now);
  if (patience_ends_at() <= now) abort();
}

void Connection::drain() {
  if (!is_open_) return;
  session_.drain(Clock::now());
  news_.cancel();
}

void Connection::cancel() {
  if (channel_) channel_->stop();
}

void Connection::abort() {
  if (!is_open_) return;
  lose_client();
  error_code ignored;
  socket_.cancel(ignored);
}

void Connection::end() {
  if (!is_open_) return;
  is_open_ = false;
  drop_work();
  news_.cancel();
  room_.cancel();
}

std::optional<Connection::Clock::time_point> Connection::idle_since() const {
  return is_open_ && !session_.has_begun_work() ? std::optional(last_) : std::nullopt;
}

}  // namespace orpheus::wyoming
