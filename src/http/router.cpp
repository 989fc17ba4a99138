#include "http/router.h"

#include <spdlog/fmt/fmt.h>

#include "http/errors.h"
#include "http/json_body.h"

namespace orpheus::http {

Answer Router::answer(const Request& request) const {
  std::string allowed;
  for (const Route& route : routes_) {
    if (route.path != request.path) continue;
    const bool is_get = route.method == "GET";
    if (route.method == request.method || (is_get && request.method == "HEAD")) {
      return route.handler(request);
    }
    allowed += (allowed.empty() ? "" : ", ") + route.method + (is_get ? ", HEAD" : "");
  }
  if (allowed.empty()) {
    return error_response(
        {.status = 404,
         .message = fmt::format("there is nothing at {}. GET / says what there is.",
                                excerpt(request.path)),
         .code = "unknown_url"});
  }
  Response response =
      error_response({.status = 405,
                      .message = fmt::format("{} does not take {} (expected {})", request.path,
                                             excerpt(request.method), allowed),
                      .code = "method_not_allowed"});
  response.set("Allow", allowed);
  return response;
}

}  // namespace orpheus::http
