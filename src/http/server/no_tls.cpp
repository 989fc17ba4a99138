// For builds without OpenSSL.

#include "http/server/tls.h"

namespace orpheus::http {

Result<std::unique_ptr<Tls>> Tls::open(const Options& options) {
  if (options.tls_certificate.empty() && options.tls_key.empty()) return nullptr;
  return fail({.kind = ErrorKind::kUnsupported,
               .what = "this build does not support TLS",
               .remedy = "Build it with OpenSSL (libssl-dev), or use a reverse proxy with TLS."});
}

}  // namespace orpheus::http
