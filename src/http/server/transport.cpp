#include "http/server/transport.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace orpheus::http {
namespace {

namespace asio = boost::asio;

auto into(Transport::Error& error) { return asio::redirect_error(asio::use_awaitable, error); }

class BareTransport final : public Transport {
 public:
  explicit BareTransport(asio::ip::tcp::socket socket) : stream_(std::move(socket)) {}

  Awaitable<bool> open() override { co_return true; }
  Awaitable<size_t> read_some(asio::mutable_buffer buffer, Error& error) override {
    co_return co_await stream_.async_read_some(buffer, into(error));
  }
  Awaitable<void> write(std::array<asio::const_buffer, 3> buffers, Error& error) override {
    co_await asio::async_write(stream_, buffers, into(error));
  }
  Awaitable<void> finish() override {
    Error ignored;
    stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    co_return;
  }
  boost::beast::tcp_stream& socket_stream() override { return stream_; }

 private:
  boost::beast::tcp_stream stream_;
};

}  // namespace

std::unique_ptr<Transport> bare_transport(asio::ip::tcp::socket socket) {
  return std::make_unique<BareTransport>(std::move(socket));
}

}  // namespace orpheus::http
