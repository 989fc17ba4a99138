#pragma once
// Where a server's routes are, whichever of them its address names. A plain value.

#include <string>
#include <string_view>

#include "base/result.h"
#include "net/client.h"
#include "net/url.h"

namespace orpheus::remote {

class Backend {
 public:
  // A trailing /v1/completions, /v1, /completion or / is no part of where the others lie.
  // Errors: kUsage.
  static Result<Backend> parse(std::string_view address);

  // What a GET of this route asks for ("/v1/models"), with the key, if there is one.
  Result<net::Request> request(std::string_view route, const std::string& api_key) const;
  const std::string& shown() const { return shown_; }  // for messages

 private:
  Backend(net::Url url, std::string prefix);

  net::Url url_;
  std::string prefix_;  // of every route's path, behind a proxy that has others too
  std::string shown_;
};

}  // namespace orpheus::remote
