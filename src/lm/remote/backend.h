#pragma once
// The addresses of a server's routes, derived from any one of them. A plain value.

#include <string>
#include <string_view>

#include "base/result.h"
#include "net/client.h"
#include "net/url.h"

namespace orpheus::remote {

class Backend {
 public:
  // Drops a trailing /v1/completions, /v1, /completion or / from the address, because the other
  // routes have the same base.
  // proxy: as in Options. Errors: kUsage.
  static Result<Backend> parse(std::string_view address, std::string proxy = {});

  // A GET request for a route ("/v1/models"), with the key if there is one.
  Result<net::Request> request(std::string_view route, const std::string& api_key) const;
  const std::string& shown() const { return shown_; }  // for messages

 private:
  Backend(net::Url url, std::string prefix, std::string proxy);

  net::Url url_;
  std::string prefix_;  // of every route's path, if a proxy serves others too
  std::string proxy_;   // empty: the environment's, but none to a server of this machine
  std::string shown_;
};

}  // namespace orpheus::remote
