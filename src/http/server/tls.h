#pragma once
// A certificate with its key, for encrypted connections: TLS 1.2 and 1.3, by OpenSSL. In a build
// without OpenSSL, open() returns an error (no_tls.cpp).

#include <memory>

#include <boost/asio/ip/tcp.hpp>

#include "base/result.h"
#include "http/options.h"
#include "http/server/transport.h"

namespace orpheus::http {

class Tls {
 public:
  // Loads the options' files; null if there are none. Errors: kUsage (one of the two is
  // missing, or the key does not match or needs a password), kNotFound (a file cannot
  // be read), kBadFile (not a certificate or key), kUnsupported (this build has no
  // TLS).
  static Result<std::unique_ptr<Tls>> open(const Options& options);
  virtual ~Tls() = default;

  // It may be destroyed before the transport.
  virtual std::unique_ptr<Transport> around(boost::asio::ip::tcp::socket socket) = 0;
};

}  // namespace orpheus::http
