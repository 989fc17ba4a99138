#pragma once
// Opens a TCP socket that listens, for the servers of the program.

#include <string>
#include <utility>  // Asio 1.74's headers need it

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "base/result.h"

namespace orpheus::net {

// host: an address or a name of this machine; port: 0 takes a free one. Connections inherit small
// buffers from the socket. Errors: kUsage (not an address of this machine, a port out of range or
// not allowed), kUnavailable (in use).
Result<boost::asio::ip::tcp::acceptor> listen(boost::asio::io_context& io, const std::string& host,
                                              int port);

}  // namespace orpheus::net
