#pragma once
// A connection's transport as the stream that Beast's WebSocket reads and writes. Bytes that were
// read before come first. One read and one write at a time. Belongs to the I/O thread; the
// transport must outlive it.

#include <chrono>
#include <cstddef>
#include <exception>
#include <type_traits>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/role.hpp>

#include "http/server/transport.h"

namespace orpheus::http {

class TransportStream {
 public:
  using executor_type = boost::asio::any_io_executor;
  using Error = Transport::Error;

  TransportStream(Transport& transport, boost::beast::flat_buffer unread,
                  std::chrono::milliseconds write_timeout)
      : transport_(transport), unread_(std::move(unread)), write_timeout_(write_timeout) {}

  executor_type get_executor() { return transport_.socket_stream().get_executor(); }

  template <typename Buffers, typename Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return begin([this, buffers] { return read(*boost::asio::buffer_sequence_begin(buffers)); },
                 std::forward<Token>(token));
  }
  template <typename Buffers, typename Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return begin([this, buffers] { return write(*boost::asio::buffer_sequence_begin(buffers)); },
                 std::forward<Token>(token));
  }

  void close() { transport_.close(); }

  // From now on a read ends with EOF where bytes of the client come. Before a close: Beast's close
  // and a read wait for each other for ever if bytes that break the protocol come meanwhile.
  void drop_input() { drops_input_ = true; }

 private:
  struct Done {
    Error error;
    size_t num_bytes = 0;
  };

  // Runs a coroutine as an operation of Asio.
  template <typename Operation, typename Token>
  auto begin(Operation operation, Token&& token) {
    return boost::asio::async_initiate<Token, void(Error, size_t)>(
        [this](auto handler, Operation begun) {
          boost::asio::co_spawn(
              get_executor(), begun(),
              [handler = std::move(handler)](const std::exception_ptr& thrown, Done done) mutable {
                // Only memory can run out there.
                if (thrown) done.error = boost::asio::error::no_memory;
                std::move(handler)(done.error, done.num_bytes);
              });
        },
        token, std::move(operation));
  }

  boost::asio::awaitable<Done> read(boost::asio::mutable_buffer into);
  boost::asio::awaitable<Done> write(boost::asio::const_buffer bytes);

  Transport& transport_;
  boost::beast::flat_buffer unread_;
  const std::chrono::milliseconds write_timeout_;
  bool drops_input_ = false;
};

// What Beast calls at the end of a WebSocket. The connection itself ends the transport, so that the
// client can read the last message.
template <typename Handler>
void async_teardown(boost::beast::role_type /*role*/, TransportStream& stream, Handler&& handler) {
  boost::asio::post(stream.get_executor(),
                    [handler = std::decay_t<Handler>(std::forward<Handler>(handler))]() mutable {
                      std::move(handler)(TransportStream::Error());
                    });
}
inline void teardown(boost::beast::role_type /*role*/, TransportStream& /*stream*/,
                     TransportStream::Error& error) {
  error = {};
}
inline void beast_close_socket(TransportStream& stream) { stream.close(); }

}  // namespace orpheus::http
