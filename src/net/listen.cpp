#include "net/listen.h"

#include <algorithm>
#include <cstdint>

#include <spdlog/fmt/fmt.h>

namespace orpheus::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// What the system keeps of one connection.
constexpr int kSystemSendBytes = 256 << 10;
constexpr int kSystemReadBytes = 128 << 10;

Result<asio::ip::address> find_address(asio::io_context& io, const std::string& host) {
  error_code error;
  if (const auto address = asio::ip::make_address(host, error); !error) return address;
  // By definition (RFC 6761), also without a hosts file, as in a bare container.
  if (host == "localhost") return asio::ip::address_v4::loopback();
  const auto found = tcp::resolver(io).resolve(host, "", tcp::resolver::passive, error);
  if (error || found.empty()) {
    return fail({.kind = ErrorKind::kUsage,
                 .what = "'" + host + "' is not an address of this machine",
                 .expected = "an address such as 127.0.0.1, or a host's name",
                 .found = error.message()});
  }
  // If a name has several addresses, takes the IPv4 one; clients that try both reach it too.
  const auto v4 = std::find_if(found.begin(), found.end(), [](const auto& entry) {
    return entry.endpoint().address().is_v4();
  });
  return (v4 == found.end() ? found.begin() : v4)->endpoint().address();
}

Error listen_error(error_code error, const std::string& host, int port) {
  const std::string place = fmt::format("{}:{}", host, port);
  if (error == asio::error::address_in_use) {
    return {.kind = ErrorKind::kUnavailable,
            .what = place + " is in use by another program",
            .remedy = "Stop that program, or choose another port."};
  }
  return {.kind = ErrorKind::kUsage,
          .what = place + ": cannot listen there: " + error.message(),
          .remedy = error == asio::error::access_denied ? "Choose a port above 1023."
                                                        : "Choose an address of this machine."};
}

}  // namespace

Result<tcp::acceptor> listen(asio::io_context& io, const std::string& host, int port) {
  if (port < 0 || port > 65535) {
    return fail({.kind = ErrorKind::kUsage,
                 .what = "the port is out of range",
                 .expected = "0 … 65535",
                 .found = std::to_string(port)});
  }
  ORPHEUS_TRY(const asio::ip::address address, find_address(io, host));
  const tcp::endpoint endpoint(address, static_cast<uint16_t>(port));
  tcp::acceptor acceptor(io);
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  // After a restart, connections of the last server may still be closing.
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  // Connections have them from their listener. By itself the system lets them grow to megabytes, of
  // each client that sends without an end or reads nothing.
  if (!error) acceptor.set_option(asio::socket_base::send_buffer_size(kSystemSendBytes), error);
  if (!error) acceptor.set_option(asio::socket_base::receive_buffer_size(kSystemReadBytes), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return fail(listen_error(error, host, port));
  return acceptor;
}

}  // namespace orpheus::net
