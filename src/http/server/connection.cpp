#include "http/server/connection.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <string>
#include <string_view>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/fmt/fmt.h>

#include "base/log.h"
#include "http/access.h"
#include "http/captioned_speech_api.h"
#include "http/elevenlabs_json.h"
#include "http/errors.h"
#include "http/insist.h"
#include "http/request_log.h"

namespace orpheus::http {
namespace {

namespace asio = boost::asio;
namespace wire = boost::beast::http;
using boost::system::error_code;

constexpr size_t kReadBytes = 4096;
constexpr size_t kReadBodyBytes = 64U << 10U;
constexpr size_t kUnwantedBodyBytes = 64U << 10U;  // of a request that was refused by its head
// Time to read on after the last response.
constexpr std::chrono::milliseconds kLinger{30'000};
constexpr std::chrono::milliseconds kLingerWhenClosing{500};

auto into(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

// Also for an IPv4 address in IPv6 form.
bool is_local(const asio::ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address.is_loopback();
  return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).is_loopback();
}

asio::const_buffer buffer_of(std::string_view text) { return asio::buffer(text); }

}  // namespace

Connection::Connection(std::unique_ptr<Transport> transport, const Service& service)
    : service_(service),
      transport_(std::move(transport)),
      reader_(service.options),
      news_(transport_->socket_stream().get_executor()) {
  error_code error;
  const auto peer = transport_->socket_stream().socket().remote_endpoint(error);
  peer_is_local_ = !error && is_local(peer.address());
  peer_ = error ? fmt::format("connection {}", static_cast<const void*>(this))
                : peer.address().to_string();
}

asio::awaitable<void> Connection::run() {
  transport_->expires_after(service_.options.header_timeout);
  idle_since_ = Clock::now();
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

void Connection::drain() {
  if (socket_) socket_->drain();
}

void Connection::close() {
  closing_ = true;
  drain();
  if (!answering_) transport_->close();
}

bool Connection::is_working() {
  const bool works = socket_ ? socket_->is_working() : working_;
  return works || transport_->has_unsent_bytes();
}

void Connection::cancel() {
  if (channel_) channel_->stop();
  if (socket_) socket_->cancel();
}

void Connection::give_way() {
  gone_ = true;
  idle_since_.reset();
  transport_->close();
}

void Connection::abort() {
  closing_ = true;
  gone_ = true;
  if (channel_) channel_->leave();
  if (socket_) socket_->abort();
  transport_->close();
  news_.cancel();
}

asio::awaitable<Connection::Next> Connection::wait_for_request() {
  if (closing_) co_return Next::kClose;
  idle_since_ = Clock::now();
  if (reader_.num_unread_bytes() > 0) co_return Next::kRequest;
  if (half_closed_) co_return Next::kClose;
  reader_.rest();  // an idle connection needs little memory
  transport_->expires_after(service_.options.idle_timeout);
  const bool has_come = co_await read_more(kReadBytes);
  if (!has_come) gone_ = true;
  co_return has_come ? Next::kRequest : Next::kClose;
}

// False when nothing more comes.
asio::awaitable<bool> Connection::read_more(size_t num_bytes) {
  error_code error;
  reader_.take_in(co_await transport_->read_some(reader_.room(num_bytes), error));
  if (error == asio::error::eof) half_closed_ = true;
  co_return !error;
}

// Of a request that its client ended before its end, with a wrong Content-Length for example.
Connection::Incoming Connection::ended_too_early() const {
  Incoming refused{.manner = reader_.manner(),
                   .request = {},
                   .refusal = ApiError{.status = 400,
                                       .message = "the connection ended before the request did",
                                       .code = "bad_request"}};
  refused.manner.keep_alive = false;
  if (refused.manner.id.empty()) refused.manner.id = request_id(std::nullopt);
  return refused;
}

asio::awaitable<Connection::Incoming> Connection::read_request() {
  const Options& options = service_.options;
  transport_->expires_after(options.header_timeout);
  idle_since_ = Clock::now();
  reader_.begin();
  bool has_head = false;
  bool is_admitted = false;
  while (true) {
    const RequestReader::Next next = reader_.go_on();
    if (next == RequestReader::Next::kWhole) co_return take_request();
    if (next == RequestReader::Next::kRefusal) {
      // A request without access gets that error, not the error of a body that is too large.
      const bool is_too_large = reader_.refusal().status == 413;
      if (has_head && !is_admitted && is_too_large) co_return take_request();
      Incoming refused{.manner = reader_.manner(), .request = {}, .refusal = reader_.refusal()};
      refused.manner.keep_alive = false;
      if (refused.manner.id.empty()) refused.manner.id = request_id(std::nullopt);
      co_return refused;
    }
    if (next == RequestReader::Next::kHead) {
      has_head = true;
      reader_.request().peer_is_local = peer_is_local_;
      reader_.request().peer = peer_;
      reader_.request().listener_is_local =
          options.host == "localhost" || is_loopback(options.host);
      is_admitted = service_.router.admits(reader_.request());
      transport_->expires_after(options.body_timeout);
      if (!is_admitted) {
        if (reader_.waits_for_continue()) co_return take_request();
        reader_.limit_body(kUnwantedBodyBytes);
      } else if (reader_.waits_for_continue()) {
        co_await write(buffer_of("HTTP/1.1 100 Continue\r\n\r\n"));
        transport_->expires_after(options.body_timeout);
      }
      continue;
    }
    if (!co_await read_more(has_head ? kReadBodyBytes : kReadBytes)) {
      if (half_closed_) co_return ended_too_early();
      gone_ = true;
      Incoming none;
      co_return none;
    }
  }
}

// The request as far as it was read: whole, or enough to refuse it.
Connection::Incoming Connection::take_request() {
  Incoming incoming{.manner = reader_.manner(),
                    .request = std::make_shared<const Request>(std::move(reader_.request())),
                    .refusal = {}};
  if (!reader_.is_whole()) incoming.manner.keep_alive = false;
  return incoming;
}

asio::awaitable<Connection::Next> Connection::answer(Incoming incoming) {
  idle_since_.reset();
  status_ = 0;
  num_bytes_ = 0;
  first_byte_at_.reset();
  voice_.clear();
  num_characters_ = 0;
  if (incoming.refusal) {
    if (const Request* head = reader_.head())
      incoming.manner.errors = service_.router.error_form_of(*head);
    const Next next = co_await send(error_response(*incoming.refusal), incoming.manner);
    record_refused(*incoming.refusal, incoming.manner);
    co_return next;
  }
  if (!incoming.request) co_return Next::kClose;
  const Request& request = *incoming.request;
  const auto options = service_.live.now().options;
  incoming.manner.more_headers = cors_headers(*options, request);
  incoming.manner.errors = service_.router.error_form_of(request);
  auto preflight = answer_preflight(*options, request);
  std::shared_ptr<Made> made =
      preflight ? std::make_shared<Made>(std::move(*preflight)) : make_answer(incoming.request);
  while (!*made && !gone_) co_await wait_for_news();
  if (!*made) co_return Next::kClose;
  Answer answer = std::move(**made);
  Next next = Next::kClose;
  if (auto* response = std::get_if<Response>(&answer)) {
    next = co_await send(std::move(*response), incoming.manner);
  } else if (auto* upgrade = std::get_if<Upgrade>(&answer)) {
    co_await converse(std::move(*upgrade), request, incoming.manner);
  } else {
    Work work = std::get<Work>(std::move(answer));
    work.is_last_try = is_last_try(request);
    next = co_await send_work(std::move(work), incoming.manner);
  }
  record(request);
  co_return next;
}

// The connection ends with the socket.
asio::awaitable<void> Connection::converse(Upgrade upgrade, const Request& request, Manner manner) {
  if (manner.version != 11 || manner.head_only) {
    manner.keep_alive = false;
    co_await send(
        error_response(
            {.status = 426, .message = "a WebSocket needs HTTP/1.1", .code = "upgrade_required"}),
        manner);
    co_return;
  }
  status_ = 101;
  socket_ = std::make_shared<Socket>(*transport_, reader_.take_unread(), service_,
                                     std::move(upgrade.conversation));
  const Socket::Outcome outcome = co_await socket_->run(request, std::move(upgrade.subprotocol));
  socket_ = nullptr;
  num_bytes_ = outcome.num_bytes;
  first_byte_at_ = outcome.first_byte_at;
  close_code_ = outcome.close_code;
  gone_ = gone_ || outcome.close_code == Socket::kBroken;
}

// On this thread if it is quick, else on a worker's thread, which signals news.
std::shared_ptr<Connection::Made> Connection::make_answer(
    const std::shared_ptr<const Request>& request) {
  const Router& router = service_.router;
  if (!router.takes_time(*request)) return std::make_shared<Made>(router.answer(*request));
  auto made = std::make_shared<Made>();  // belongs to the I/O thread
  // A task in the answer has no copy, and a function that is posted needs one.
  const auto tell = [self = weak_from_this(), executor = news_.get_executor(),
                     made](Answer answer) {
    asio::post(executor, [self, made, answer = std::make_shared<Answer>(std::move(answer))] {
      *made = std::move(*answer);
      if (const auto connection = self.lock()) connection->news_.cancel();
    });
  };
  const auto step = [&router, request, tell](const Wake& /*wake*/) {
    try {
      tell(router.answer(*request));
    } catch (const std::exception& thrown) {
      insist([&] {
        log::error("a request failed: {}", thrown.what());
        tell(error_response({.status = 500, .message = "the server failed to answer"}));
      });
    }
    return WorkerPool::Next::kDone;
  };
  const bool accepted = service_.errand_workers.submit(
      {.cancel = {}, .step = step, .refuse = [tell] { tell(stopping_response()); }});
  if (!accepted) *made = stopping_response();
  return made;
}

void Connection::record_refused(const ApiError& refusal, const Manner& manner) {
  service_.metrics.answered("other", refusal.status);
  log::write(log::Level::kInfo, "request",
             {{"id", manner.id},
              {"client", peer_},
              {"status", int64_t{status_}},
              {"bytes", static_cast<int64_t>(num_bytes_)},
              {"refused", refusal.message}});
}

// Logs and counts a request.
void Connection::record(const Request& request) {
  const std::string_view route = service_.router.path_of(request);
  const Exchange exchange{.status = status_,
                          .num_bytes = num_bytes_,
                          .voice = std::move(voice_),
                          .num_characters = num_characters_,
                          .first_byte_at = first_byte_at_,
                          .close_code = close_code_,
                          .ended_early = gone_};
  const std::chrono::duration<double> taken = exchange.ended_at - request.received;
  // A socket's time tells how long its client stayed.
  service_.metrics.answered(route, status_,
                            close_code_ == 0 ? std::optional(taken.count()) : std::nullopt);
  log_request(request, route, exchange);
}

asio::awaitable<Connection::Next> Connection::send(Response response, Manner manner) {
  if (manner.errors == ErrorForm::kElevenLabs) response = in_elevenlabs_form(std::move(response));
  if (manner.errors == ErrorForm::kKokoro) response = in_kokoro_form(std::move(response));
  manner.keep_alive = manner.keep_alive && !service_.live.draining();
  status_ = response.status;
  num_bytes_ = response.body.size();
  first_byte_at_ = std::chrono::steady_clock::now();
  const std::string head = head_bytes(response, manner, BodyEnd::kLength);
  if (manner.head_only) response.body.clear();
  co_await write(buffer_of(head), buffer_of(response.body));
  co_return manner.keep_alive && !gone_ ? Next::kRequest : Next::kClose;
}

asio::awaitable<void> Connection::write(asio::const_buffer first, asio::const_buffer second,
                                        asio::const_buffer third) {
  error_code error;
  transport_->expires_after(service_.options.write_timeout);
  co_await transport_->write({first, second, third}, error);
  if (error) gone_ = true;
}

asio::awaitable<void> Connection::wait_for_news() {
  error_code cancelled;
  news_.expires_at(asio::steady_timer::time_point::max());
  co_await news_.async_wait(into(cancelled));
}

// False if the time is over without any.
asio::awaitable<bool> Connection::wait_for_news(std::chrono::milliseconds most) {
  error_code cancelled;
  news_.expires_after(most);
  co_await news_.async_wait(into(cancelled));
  co_return cancelled.failed();
}

// For a worker's thread, which must not touch the connection.
std::function<void()> Connection::news_bringer() {
  return [self = weak_from_this(), executor = news_.get_executor()] {
    asio::post(executor, [self] {
      if (const auto connection = self.lock()) connection->news_.cancel();
    });
  };
}

// Closing a connection with unread bytes resets it, and the client loses the part of the response
// that it has not read. So the server first shuts down its side and reads on for a while.
asio::awaitable<void> Connection::linger() {
  if (!gone_) {
    idle_since_ = Clock::now();
    // A client that plays while it reads needs time for the bytes in the system's buffers.
    const bool reads_yet = transport_->has_unsent_bytes();
    const auto patience = closing_    ? kLingerWhenClosing
                          : reads_yet ? service_.options.write_timeout
                                      : kLinger;
    const auto until = Clock::now() + patience;
    transport_->expires_after(patience);
    co_await transport_->finish();
    error_code error;
    // A read that finds bytes ends before the transport's time does: the clock ends a flood.
    while (!error && Clock::now() < until) {
      reader_.drop_unread();
      co_await transport_->socket_stream().async_read_some(reader_.room(kReadBytes), into(error));
    }
  }
  transport_->close();
}

}  // namespace orpheus::http
