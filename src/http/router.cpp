#include "http/router.h"

#include <spdlog/fmt/fmt.h>

#include "http/errors.h"
#include "http/json_body.h"

namespace orpheus::http {

namespace {

bool is_at(const Route& route, std::string_view path) {
  if (!route.path.ends_with("/*")) return route.path == path;
  return path.starts_with(std::string_view(route.path).substr(0, route.path.size() - 1));
}

}  // namespace

std::string_view Router::path_of(const Request& request) const {
  for (const Route& route : routes_) {
    if (is_at(route, request.path)) return route.path;
  }
  return "other";
}

Answer Router::answer(const Request& request) const {
  std::string allowed;
  for (const Route& route : routes_) {
    if (!is_at(route, request.path)) continue;
    const bool is_get = route.method == "GET";
    if (route.method == request.method || (is_get && request.method == "HEAD")) {
      if (guard_) {
        if (auto refusal = guard_(route.access, request)) return std::move(*refusal);
      }
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
  allowed += ", OPTIONS";
  if (request.method == "OPTIONS") {
    Response response{.status = 204};
    response.set("Allow", allowed);
    return response;
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
