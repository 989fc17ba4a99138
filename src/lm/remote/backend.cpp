#include "lm/remote/backend.h"

#include <utility>

namespace orpheus::remote {

Backend::Backend(net::Url url, std::string prefix, std::string proxy)
    : url_(std::move(url)),
      prefix_(std::move(prefix)),
      proxy_(std::move(proxy)),
      shown_(url_.shown()) {}

Result<Backend> Backend::parse(std::string_view address, std::string proxy) {
  ORPHEUS_TRY(net::Url url, net::Url::parse(address));
  std::string prefix = url.path();
  const auto remove = [&](std::string_view end) {
    if (prefix.ends_with(end)) prefix.resize(prefix.size() - end.size());
  };
  for (const char* end : {"/", "/completions", "/completion", "/v1"}) remove(end);
  return Backend(std::move(url), std::move(prefix), std::move(proxy));
}

Result<net::Request> Backend::request(std::string_view route, const std::string& api_key) const {
  ORPHEUS_TRY(net::Url url, url_.with_path(prefix_ + std::string(route)));
  net::Request request{.url = std::move(url)};
  if (!proxy_.empty()) {
    request.proxy = proxy_;
  } else if (request.url.is_loopback()) {
    request.proxy = "";  // a proxy's own loopback is another machine's, as a rule
  }
  if (!api_key.empty()) request.headers.push_back({"Authorization", "Bearer " + api_key});
  return request;
}

}  // namespace orpheus::remote
