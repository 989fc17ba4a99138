#include "http/server/connection.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <string>
#include <string_view>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/fmt/fmt.h>

#include "base/log.h"
#include "http/access.h"
#include "http/errors.h"
#include "http/request_log.h"

namespace orpheus::http {
namespace {

namespace asio = boost::asio;
namespace wire = boost::beast::http;
using boost::system::error_code;

constexpr size_t kReadBytes = 4096;
constexpr size_t kReadBodyBytes = 64U << 10U;
constexpr size_t kReadAheadBytes = 64U << 10U;    // of requests sent before an answer has ended
constexpr size_t kPieceBytes = 64U << 10U;        // each is given the whole write_timeout
constexpr size_t kPendingAudioBytes = 1U << 20U;  // of one listener; beyond it the speech waits
// To read on after an answer that ends all.
constexpr std::chrono::milliseconds kLinger{30'000};
constexpr std::chrono::milliseconds kLingerWhenClosing{500};

auto into(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

// Also of an IPv4 address that is written as one of IPv6.
bool is_loopback(const asio::ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address.is_loopback();
  return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).is_loopback();
}

// As long as it lives, one more is counted.
class CountedIn {
 public:
  explicit CountedIn(metrics::Gauge& gauge) : gauge_(gauge) { gauge_.add(1); }
  ~CountedIn() { gauge_.add(-1); }
  CountedIn(const CountedIn&) = delete;
  CountedIn& operator=(const CountedIn&) = delete;

 private:
  metrics::Gauge& gauge_;
};

asio::const_buffer buffer_of(std::string_view text) { return asio::buffer(text); }

}  // namespace

Connection::Connection(std::unique_ptr<Transport> transport, const Service& service)
    : service_(service),
      transport_(std::move(transport)),
      news_(transport_->socket_stream().get_executor()) {
  error_code error;
  const auto peer = transport_->socket_stream().socket().remote_endpoint(error);
  peer_is_local_ = !error && is_loopback(peer.address());
  peer_ = error ? fmt::format("connection {}", static_cast<const void*>(this))
                : peer.address().to_string();
}

asio::awaitable<void> Connection::run() {
  transport_->expires_after(service_.options.header_timeout);
  if (!co_await transport_->open()) {
    transport_->close();
    co_return;
  }
  Next next = co_await wait_for_request();
  while (next == Next::kRequest) {
    answering_ = true;
    Incoming incoming = co_await read_request();
    working_ = true;
    next = co_await answer(std::move(incoming));
    working_ = answering_ = false;
    if (next == Next::kRequest) next = co_await wait_for_request();
  }
  co_await linger();
}

void Connection::drain() { draining_ = true; }

void Connection::close() {
  draining_ = closing_ = true;
  if (!answering_) transport_->close();
}

bool Connection::is_working() { return working_ || transport_->has_unsent_bytes(); }

void Connection::cancel() {
  if (channel_) channel_->leave();
}

void Connection::abort() {
  draining_ = closing_ = true;
  gone_ = true;
  if (channel_) channel_->leave();
  transport_->close();
  news_.cancel();
}

asio::awaitable<Connection::Next> Connection::wait_for_request() {
  if (closing_) co_return Next::kClose;
  if (buffer_.size() > 0) co_return Next::kRequest;
  buffer_.shrink_to_fit();  // an idle connection holds next to nothing
  error_code error;
  transport_->expires_after(service_.options.idle_timeout);
  const size_t num_read = co_await transport_->read_some(buffer_.prepare(kReadBytes), error);
  buffer_.commit(num_read);
  if (!error) co_return Next::kRequest;
  gone_ = true;
  co_return Next::kClose;
}

asio::awaitable<Connection::Incoming> Connection::read_request() {
  const Options& options = service_.options;
  RequestParser parser;
  parser.header_limit(static_cast<uint32_t>(options.max_header_bytes));
  parser.body_limit(options.max_body_bytes);

  transport_->expires_after(options.header_timeout);
  error_code error = co_await read_header(parser);
  if (!error && has_unknown_coding(parser)) error = wire::error::bad_transfer_encoding;
  if (!error && waits_for_continue(parser)) {
    co_await write(buffer_of("HTTP/1.1 100 Continue\r\n\r\n"));
  }
  if (!error && !parser.is_done()) {
    transport_->expires_after(options.body_timeout);
    error = co_await read_body(parser);
  }

  Incoming incoming;
  if (error) {
    incoming.refusal = refusal_of(error, options);
    incoming.manner.id = request_id(std::nullopt);
    if (!incoming.refusal) gone_ = true;
    co_return incoming;
  }
  incoming.manner.version = static_cast<int>(parser.get().version());
  incoming.manner.keep_alive = parser.keep_alive();
  incoming.request = to_request(parser);
  incoming.request->peer_is_local = peer_is_local_;
  incoming.request->peer = peer_;
  incoming.manner.head_only = incoming.request->method == "HEAD";
  incoming.manner.id = incoming.request->id;
  co_return incoming;
}

asio::awaitable<error_code> Connection::read_header(RequestParser& parser) {
  error_code error;
  while (!error && !parser.is_header_done()) error = co_await parse_more(parser, kReadBytes);
  co_return error;
}

asio::awaitable<error_code> Connection::read_body(RequestParser& parser) {
  parser.eager(true);
  error_code error;
  while (!error && !parser.is_done()) error = co_await parse_more(parser, kReadBodyBytes);
  co_return error;
}

// What is there, and where that is too little, what comes.
asio::awaitable<error_code> Connection::parse_more(RequestParser& parser, size_t num_bytes) {
  error_code error = wire::error::need_more;
  if (buffer_.size() > 0) buffer_.consume(parser.put(buffer_.data(), error));
  if (error != wire::error::need_more) co_return error;
  error = {};
  buffer_.commit(co_await transport_->read_some(buffer_.prepare(num_bytes), error));
  co_return error;
}

asio::awaitable<Connection::Next> Connection::answer(Incoming incoming) {
  if (incoming.refusal) {
    service_.metrics.answered("other", incoming.refusal->status);
    co_return co_await send(error_response(*incoming.refusal), incoming.manner);
  }
  if (!incoming.request) co_return Next::kClose;
  const Request& request = *incoming.request;
  status_ = 0;
  num_bytes_ = 0;
  first_byte_at_.reset();
  voice_.clear();
  num_characters_ = 0;
  const auto options = service_.live.now().options;
  incoming.manner.more_headers = cors_headers(*options, request);
  auto preflight = answer_preflight(*options, request);
  Answer answer = preflight ? Answer(std::move(*preflight)) : service_.router.answer(request);
  Next next = Next::kClose;
  if (auto* response = std::get_if<Response>(&answer)) {
    next = co_await send(std::move(*response), incoming.manner);
  } else {
    next = co_await send_work(std::get<Work>(std::move(answer)), incoming.manner);
  }
  record(request);
  co_return next;
}

// One line for each request, and its count.
void Connection::record(const Request& request) {
  const std::string_view route = service_.router.path_of(request);
  const Exchange exchange{.status = status_,
                          .num_bytes = num_bytes_,
                          .voice = std::move(voice_),
                          .num_characters = num_characters_,
                          .first_byte_at = first_byte_at_,
                          .ended_early = gone_};
  const std::chrono::duration<double> taken = exchange.ended_at - request.received;
  service_.metrics.answered(route, status_, taken.count());
  log_request(request, route, exchange);
}

asio::awaitable<Connection::Next> Connection::send(Response response, Manner manner) {
  manner.keep_alive = manner.keep_alive && !draining_;
  status_ = response.status;
  num_bytes_ = response.body.size();
  first_byte_at_ = std::chrono::steady_clock::now();
  const std::string head = head_bytes(response, manner, BodyEnd::kLength);
  if (manner.head_only) response.body.clear();
  co_await write(buffer_of(head), buffer_of(response.body));
  co_return manner.keep_alive && !gone_ ? Next::kRequest : Next::kClose;
}

asio::awaitable<Connection::Next> Connection::send_work(Work work, Manner manner) {
  WorkerPool& workers =
      work.kind == Work::Kind::kSpeech ? service_.speech_workers : service_.errand_workers;
  voice_ = work.voice;
  num_characters_ = work.num_characters;
  const int most = service_.live.now().options->max_open_speeches();
  service_.speech_workers.allow(static_cast<size_t>(most));  // a reload may have changed it
  if (!start(std::move(work), workers)) {
    Response refusal = service_.live.draining()
                           ? stopping_response()
                           : too_busy_response(most, workers.seconds_until_place());
    co_return co_await send(std::move(refusal), manner);
  }
  watching_ = true;
  asio::co_spawn(news_.get_executor(), watch_client(),
                 [self = shared_from_this()](const std::exception_ptr& /*thrown*/) {});
  const Next next = co_await relay(manner);
  if (gone_) channel_->leave();
  channel_ = nullptr;
  while (watching_) {
    transport_->cancel();
    co_await wait_for_news();
  }
  co_return gone_ ? Next::kClose : next;
}

// False when there is no place for it.
bool Connection::start(Work work, WorkerPool& workers) {
  auto channel = std::make_shared<ResponseChannel>(kPendingAudioBytes, work.cancel, news_bringer());
  // A speech counts itself until it sounds.
  auto waits = work.kind == Work::Kind::kErrand
                   ? std::make_shared<CountedIn>(service_.metrics.requests_waiting)
                   : nullptr;
  WorkerPool::Job job{
      .cancel = work.cancel,
      .step =
          [channel, task = std::shared_ptr(std::move(work.task)), waits = std::move(waits),
           playback = work.playback](const Wake& wake) mutable {
            waits = nullptr;
            return step(*task, *channel, playback.get(), wake);
          },
      .refuse = [channel] { channel->send(stopping_response()); },
      .playback = work.playback,
      .expected_seconds = work.expected_seconds};
  const bool accepted = workers.submit(std::move(job));
  if (accepted) channel_ = std::move(channel);
  return accepted;
}

// On a worker's thread.
WorkerPool::Next Connection::step(Task& task, ResponseChannel& channel, lm::Playback* playback,
                                  const Wake& wake) {
  const bool has_room = channel.has_room(wake);
  if (playback != nullptr) playback->hold_up(!has_room);
  if (!has_room) return WorkerPool::Next::kWaitsForClient;
  auto state = Task::State::kDone;
  try {
    state = task.step(channel, wake);
  } catch (const std::exception& thrown) {
    log::error("a request failed: {}", thrown.what());
  }
  if (state == Task::State::kMore) return WorkerPool::Next::kMore;
  if (state == Task::State::kWaits) return WorkerPool::Next::kWaits;
  channel.close();
  return WorkerPool::Next::kDone;
}

// For the thread that works: it must not touch the connection itself.
std::function<void()> Connection::news_bringer() {
  return [self = weak_from_this(), executor = news_.get_executor()] {
    asio::post(executor, [self] {
      if (const auto connection = self.lock()) connection->news_.cancel();
    });
  };
}

// Passes on what the work makes, as it is made.
asio::awaitable<Connection::Next> Connection::relay(Manner manner) {
  using State = ResponseChannel::State;
  BodyEnd end = manner.version == 10 ? BodyEnd::kClose : BodyEnd::kLastChunk;
  while (!gone_) {
    ResponseChannel::Progress next = channel_->take();
    if (next.whole) co_return co_await send(std::move(*next.whole), manner);
    if (next.head) {
      if (next.head->body_bytes) end = BodyEnd::kLength;
      manner.keep_alive = manner.keep_alive && end != BodyEnd::kClose && !draining_;
      status_ = next.head->status;
      first_byte_at_ = std::chrono::steady_clock::now();
      const std::string head = head_bytes(*next.head, manner, end);
      co_await write(buffer_of(head));
    }
    if (!manner.head_only) co_await write_piece(next.bytes, end);
    num_bytes_ += next.bytes.size();
    if (next.state == State::kFinished) {
      if (end == BodyEnd::kLastChunk && !manner.head_only) co_await write(buffer_of("0\r\n\r\n"));
      co_return manner.keep_alive ? Next::kRequest : Next::kClose;
    }
    if (next.state == State::kBroken) {
      // Where the end of the connection is the end of the body, only a reset tells it from a whole.
      error_code ignored;
      if (end == BodyEnd::kClose) {
        transport_->socket_stream().socket().set_option(asio::socket_base::linger(true, 0),
                                                        ignored);
      }
      gone_ = true;
    }
    if (!gone_ && !next.head && next.bytes.empty()) co_await wait_for_news();
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

asio::awaitable<void> Connection::write(asio::const_buffer first, asio::const_buffer second,
                                        asio::const_buffer third) {
  error_code error;
  transport_->expires_after(service_.options.write_timeout);
  co_await transport_->write({first, second, third}, error);
  if (error) gone_ = true;
}

// Reads ahead while an answer is being made. What arrives is the start of the next request; the end
// of the stream is a client who left (or closed his half, which nobody does who wants the answer).
asio::awaitable<void> Connection::watch_client() {
  error_code error;
  while (!error && channel_ && buffer_.size() < kReadAheadBytes) {
    transport_->expires_never();
    const size_t num_read = co_await transport_->read_some(buffer_.prepare(kReadBytes), error);
    buffer_.commit(num_read);
  }
  if (error && error != asio::error::operation_aborted) {
    gone_ = true;
    if (channel_) channel_->leave();
  }
  watching_ = false;
  news_.cancel();
}

asio::awaitable<void> Connection::wait_for_news() {
  error_code cancelled;
  news_.expires_at(asio::steady_timer::time_point::max());
  co_await news_.async_wait(into(cancelled));
}

// A connection closed over unread bytes is reset, and the client loses an answer that it has not
// read yet. So we say that we are done and read on for a while.
asio::awaitable<void> Connection::linger() {
  if (!gone_) {
    // A client that plays as it reads takes its time for what the system has already.
    const bool reads_yet = transport_->has_unsent_bytes();
    transport_->expires_after(closing_    ? kLingerWhenClosing
                              : reads_yet ? service_.options.write_timeout
                                          : kLinger);
    co_await transport_->finish();
    error_code error;
    while (!error) {
      buffer_.clear();
      co_await transport_->socket_stream().async_read_some(buffer_.prepare(kReadBytes),
                                                           into(error));
    }
  }
  transport_->close();
}

}  // namespace orpheus::http
