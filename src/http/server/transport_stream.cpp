#include "http/server/transport_stream.h"

#include <boost/asio/buffers_iterator.hpp>

namespace orpheus::http {

namespace asio = boost::asio;

asio::awaitable<TransportStream::Done> TransportStream::read(asio::mutable_buffer into) {
  Done done;
  if (unread_.size() > 0 && !drops_input_) {
    done.num_bytes = asio::buffer_copy(into, unread_.data());
    unread_.consume(done.num_bytes);
    if (unread_.size() == 0) unread_.shrink_to_fit();
    co_return done;
  }
  transport_.expires_never();
  done.num_bytes = co_await transport_.read_some(into, done.error);
  if (drops_input_ && !done.error) done = {.error = asio::error::eof};
  co_return done;
}

asio::awaitable<TransportStream::Done> TransportStream::write(asio::const_buffer bytes) {
  Done done;
  transport_.expires_after(write_timeout_);
  co_await transport_.write({bytes, {}, {}}, done.error);
  if (!done.error) done.num_bytes = bytes.size();
  co_return done;
}

}  // namespace orpheus::http
