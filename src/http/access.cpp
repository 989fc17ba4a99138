#include "http/access.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <string>

#include "http/errors.h"
#include "http/site.h"

namespace orpheus::http {
namespace {

bool is_same(std::string_view a, std::string_view b) {
  uint8_t difference = a.size() == b.size() ? 0 : 1;
  for (size_t i = 0; i < a.size(); ++i) {
    const char other = b.empty() ? '\0' : b[i % b.size()];
    difference = static_cast<uint8_t>(difference | static_cast<uint8_t>(a[i] ^ other));
  }
  return difference == 0;
}

// Whether a header shows a proxy; a proxy need not send one.
bool is_from_proxy(const Request& request) {
  constexpr std::array kForwarding = {"Forwarded",
                                      "X-Forwarded-For",
                                      "X-Forwarded-Host",
                                      "X-Forwarded-Proto",
                                      "X-Forwarded-Server",
                                      "X-Real-IP",
                                      "Via",
                                      "CF-Connecting-IP"};
  return std::any_of(kForwarding.begin(), kForwarding.end(),
                     [&](const char* name) { return request.header(name).has_value(); });
}

// Excludes a page of another site in a browser on this machine, and a proxy on this machine, which
// forwards anyone's requests.
std::optional<std::string_view> why_not_local(const Request& request) {
  if (!request.peer_is_local) return "the request comes from another machine";
  if (is_from_proxy(request)) return "the request comes through a proxy";
  if (!is_local_host(request.header("Host").value_or("")))
    return "the request's Host header does not name this machine";
  const std::string_view site = request.header("Sec-Fetch-Site").value_or("none");
  const bool is_own_site = site == "none" || site == "same-origin";
  if (!is_own_site || is_of_another_origin(request))
    return "the request comes from another site's page";
  if (request.method != "GET" && request.method != "HEAD") {
    const std::string_view type = request.header("Content-Type").value_or("");
    if (!equal_ignoring_case(type.substr(0, type.find(';')), "application/json")) {
      return "the request's Content-Type is not application/json";
    }
  }
  return std::nullopt;
}

// Only this machine's user, or root, can read the token.
bool proves_user(const Options& options, const Request& request) {
  return request.peer_is_local && !is_from_proxy(request) &&
         is_among(key_of(request), {options.user_token});
}

Response no_token() {
  Response response = error_response(
      {.status = 401,
       .message = "this route is only for the user of the server's machine. Open the address that "
                  "'orpheus serve' prints in its terminal, or send the token from the file "
                  "'user-token' in the server's data folder ('Authorization: Bearer TOKEN'). "
                  "For other users, set an admin key (ORPHEUS_ADMIN_KEYS).",
       .code = "user_token_needed"});
  response.set("WWW-Authenticate", "Bearer");
  return response;
}

Response no_key(bool given) {
  Response response =
      error_response({.status = 401,
                      .message = given ? "this API key is not valid"
                                       : "an API key is needed: send 'Authorization: Bearer KEY'",
                      .code = "invalid_api_key"});
  response.set("WWW-Authenticate", "Bearer");
  return response;
}

std::optional<Response> refuse_admin(const Options& options, const Request& request) {
  const std::string_view key = key_of(request);
  if (is_among(key, options.admin_keys)) return std::nullopt;
  if (!options.admin_keys.empty()) return no_key(!key.empty());
  if (const auto reason = why_not_local(request)) {
    return error_response({.status = 403,
                           .message = "this route is only for the user of the server's machine: " +
                                      std::string(*reason) +
                                      ". For other users, set an admin key (ORPHEUS_ADMIN_KEYS).",
                           .code = "admin_only"});
  }
  if (!proves_user(options, request)) return no_token();
  return std::nullopt;
}

}  // namespace

std::string_view key_of(const Request& request) {
  constexpr std::string_view kScheme = "bearer ";
  std::string_view value = request.header("Authorization").value_or("");
  if (value.size() >= kScheme.size() &&
      equal_ignoring_case(value.substr(0, kScheme.size()), kScheme)) {
    value.remove_prefix(kScheme.size());
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    return value;
  }
  if (const auto key = request.header("X-API-Key")) return *key;
  return request.header("xi-api-key").value_or("");
}

bool is_among(std::string_view key, const std::vector<std::string>& keys) {
  bool found = false;
  for (const std::string& known : keys) {
    const bool same = is_same(key, known);
    found = found || same;
  }
  return found && !key.empty();
}

std::optional<Response> refuse_access(const Options& options, Access access,
                                      const Request& request) {
  if (auto refusal = refuse_other_site(options, request)) return refusal;
  if (access == Access::kAdmin) return refuse_admin(options, request);
  const bool needs_key =
      access == Access::kKey || (access == Access::kMetrics && options.metrics_need_key);
  if (!needs_key || (options.keys.empty() && options.admin_keys.empty())) return std::nullopt;
  const std::string_view key = key_of(request);
  const bool is_key = is_among(key, options.keys);
  const bool is_admin_key = is_among(key, options.admin_keys);
  if (is_key || is_admin_key || proves_user(options, request)) return std::nullopt;
  return no_key(!key.empty());
}

uint64_t listener_of(const Options& options, const Request& request) {
  const std::string_view key = key_of(request);
  const bool is_known = is_among(key, options.keys) || is_among(key, options.admin_keys);
  const std::string name = is_known ? "key " + std::string(key) : "peer " + request.peer;
  return std::max<uint64_t>(1, std::hash<std::string>{}(name));
}

std::vector<Header> cors_headers(const Options& options, const Request& request) {
  const auto origin = request.header("Origin");
  if (!origin || options.cors_origins.empty()) return {};
  if (!allows_origin(options, *origin)) return {};
  const auto& allowed = options.cors_origins;
  const bool all = std::find(allowed.begin(), allowed.end(), "*") != allowed.end();
  std::vector<Header> headers = {
      {"Access-Control-Allow-Origin", all ? "*" : std::string(*origin)},
      {"Access-Control-Expose-Headers",
       "X-Request-Id, X-Voice, X-Model, X-Sample-Rate, X-Seed, X-Generation-Time-Ms, Retry-After"}};
  if (!all) headers.push_back({"Vary", "Origin"});
  return headers;
}

std::optional<Response> answer_preflight(const Options& options, const Request& request) {
  if (request.method != "OPTIONS" || !request.header("Access-Control-Request-Method") ||
      cors_headers(options, request).empty()) {
    return std::nullopt;
  }
  Response response{.status = 204};
  response.set("Access-Control-Allow-Methods", "GET, POST, OPTIONS");
  response.set(
      "Access-Control-Allow-Headers",
      request.header("Access-Control-Request-Headers").value_or("Content-Type, Authorization"));
  response.set("Access-Control-Max-Age", "600");
  return response;
}

}  // namespace orpheus::http
