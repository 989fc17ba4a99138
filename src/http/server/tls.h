#pragma once
// A certificate and its key, and the connections that are encrypted with them: TLS 1.2 and 1.3, by
// OpenSSL. A build without it has tls.h and refuses to open (no_tls.cpp).

#include <memory>

#include <boost/asio/ip/tcp.hpp>

#include "base/result.h"
#include "http/options.h"
#include "http/server/transport.h"

namespace orpheus::http {

class Tls {
 public:
  // Of the files that the options name; null where they name none.
  // Errors: kUsage (one of the two is missing, the key is another certificate's or wants a
  // password), kNotFound (a file cannot be read), kBadFile (it holds no such thing), kUnsupported
  // (this build has no TLS).
  static Result<std::unique_ptr<Tls>> open(const Options& options);
  virtual ~Tls() = default;

  // May end before the transport: what has been encrypted with it stays so.
  virtual std::unique_ptr<Transport> around(boost::asio::ip::tcp::socket socket) = 0;
};

}  // namespace orpheus::http
