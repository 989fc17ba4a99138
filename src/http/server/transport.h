#pragma once
// A connection's transport: a socket, with or without TLS. One read and one write may be in
// progress at a time. Belongs to the I/O thread.

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <utility>  // Asio 1.74's awaitable.hpp needs it

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/tcp_stream.hpp>

namespace orpheus::http {

class Transport {
 public:
  using Error = boost::system::error_code;
  template <typename T>
  using Awaitable = boost::asio::awaitable<T>;

  virtual ~Transport() = default;

  // The handshake before the first request. False if it failed.
  virtual Awaitable<bool> open() = 0;
  virtual Awaitable<size_t> read_some(boost::asio::mutable_buffer into, Error& error) = 0;
  virtual Awaitable<void> write(std::array<boost::asio::const_buffer, 3> buffers, Error& error) = 0;
  // Shuts down the writing side.
  virtual Awaitable<void> finish() = 0;

  // The socket and its timer. Bytes that are read here have not passed through TLS.
  virtual boost::beast::tcp_stream& socket_stream() = 0;

  // Whether the other side has not taken yet what was written; false where the system cannot say.
  bool has_unsent_bytes();

  // Sets one deadline for all following reads and writes.
  void expires_after(std::chrono::milliseconds time) { socket_stream().expires_after(time); }
  void expires_never() { socket_stream().expires_never(); }
  void cancel() { socket_stream().cancel(); }
  void close() { socket_stream().close(); }
};

std::unique_ptr<Transport> bare_transport(boost::asio::ip::tcp::socket socket);

}  // namespace orpheus::http
