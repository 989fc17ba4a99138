#include "http/router.h"

#include <algorithm>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "http/errors.h"
#include "http/json_body.h"

namespace orpheus::http {

namespace {

// JSON of this length is read in well under a millisecond.
constexpr size_t kQuickBodyBytes = 4096;

bool is_at(const Route& route, std::string_view path) {
  if (!route.path.ends_with("/*")) return route.path == path;
  return path.starts_with(std::string_view(route.path).substr(0, route.path.size() - 1));
}

std::string without_spare_slashes(std::string_view path) {
  std::string plain;
  for (const char c : path)
    if (c != '/' || !plain.ends_with('/')) plain += c;
  if (plain.size() > 1 && plain.ends_with('/')) plain.pop_back();
  return plain;
}

bool is_encoded(const Request& request) {
  const auto coding = request.header("Content-Encoding");
  return coding && !coding->empty() && !equal_ignoring_case(*coding, "identity") &&
         !request.body.empty();
}

Response encoded_response() {
  Response response =
      error_response({.status = 415,
                      .message = "the body is compressed (Content-Encoding); send it uncompressed",
                      .code = "unsupported_content_encoding"});
  response.set("Accept-Encoding", "identity");
  return response;
}

}  // namespace

std::string Router::resolve(std::string_view path) const {
  const auto has = [&](std::string_view candidate) {
    return std::any_of(routes_.begin(), routes_.end(),
                       [&](const Route& route) { return is_at(route, candidate); });
  };
  if (has(path)) return std::string(path);
  std::string plain = without_spare_slashes(path);
  if (has(plain)) return plain;
  if (has("/v1" + plain)) return "/v1" + plain;
  if (plain.starts_with("/v1/") && has(plain.substr(3))) return plain.substr(3);
  return std::string(path);
}

std::string_view Router::path_of(const Request& request) const {
  const std::string path = resolve(request.path);
  for (const Route& route : routes_) {
    if (is_at(route, path)) return route.path;
  }
  return "other";
}

ErrorForm Router::error_form_of(const Request& request) const {
  if (request.header("xi-api-key")) return ErrorForm::kElevenLabs;
  const std::string path = resolve(request.path);
  const auto route = std::find_if(routes_.begin(), routes_.end(),
                                  [&](const Route& known) { return is_at(known, path); });
  return route == routes_.end() ? ErrorForm::kOpenAi : route->errors;
}

const Route* Router::route_of(const Request& request) const {
  const std::string method = request.method == "HEAD" ? "GET" : request.method;
  const std::string path = resolve(request.path);
  for (const Route& route : routes_) {
    if (is_at(route, path) && route.method == method) return &route;
  }
  return nullptr;
}

bool Router::admits(const Request& head) const {
  const Route* route = route_of(head);
  return route != nullptr && !(guard_ && guard_(route->access, head));
}

bool Router::takes_time(const Request& request) const {
  const Route* route = route_of(request);
  return route != nullptr && (route->pace == Pace::kSlow || request.body.size() > kQuickBodyBytes);
}

Answer Router::answer(const Request& asked) const {
  std::string path = resolve(asked.path);
  if (path == asked.path) return answer_resolved(asked);
  Request request = asked;
  request.path = std::move(path);
  return answer_resolved(request);
}

Answer Router::answer_resolved(const Request& request) const {
  std::string allowed;
  for (const Route& route : routes_) {
    if (!is_at(route, request.path)) continue;
    const bool is_get = route.method == "GET";
    if (route.method == request.method || (is_get && request.method == "HEAD")) {
      if (guard_) {
        if (auto refusal = guard_(route.access, request)) return std::move(*refusal);
      }
      if (is_encoded(request)) return encoded_response();
      return route.handler(request);
    }
    allowed += (allowed.empty() ? "" : ", ") + route.method + (is_get ? ", HEAD" : "");
  }
  if (allowed.empty()) {
    return error_response(
        {.status = 404,
         .message = fmt::format("there is no route {}. GET /docs lists the routes.",
                                excerpt(request.path)),
         .code = "unknown_url"});
  }
  allowed += ", OPTIONS";
  if (request.method == "OPTIONS") {
    Response response{.status = 204};
    response.set("Allow", allowed);
    return response;
  }
  Response response = error_response(
      {.status = 405,
       .message = fmt::format("{} does not take {} (expected {})", excerpt(request.path),
                              excerpt(request.method), allowed),
       .code = "method_not_allowed"});
  response.set("Allow", allowed);
  return response;
}

}  // namespace orpheus::http
