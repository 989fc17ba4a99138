#include "http/site.h"

#include <algorithm>
#include <array>
#include <string>

#include "http/errors.h"
#include "http/json_body.h"

namespace orpheus::http {
namespace {

struct Authority {
  std::string_view host;  // "[::1]" without its brackets
  std::string_view port;  // may be empty
};

bool is_port(std::string_view text) {
  constexpr size_t kMostDigits = 5;
  return text.size() <= kMostDigits && text.find_first_not_of("0123456789") == text.npos;
}

// "name:80", "name", "name." (from the root of all names), "[::1]:80". No host for anything else.
Authority authority_of(std::string_view text) {
  const bool is_v6 = text.starts_with('[');
  const size_t end_of_host = is_v6 ? text.find(']') : std::min(text.find(':'), text.size());
  if (end_of_host == text.npos) return {};
  std::string_view host = text.substr(is_v6 ? 1 : 0, end_of_host - (is_v6 ? 1 : 0));
  if (!is_v6 && host.ends_with('.')) host.remove_suffix(1);
  std::string_view rest = text.substr(end_of_host + (is_v6 ? 1 : 0));
  if (!rest.empty() && rest.front() != ':') return {};
  if (!rest.empty()) rest.remove_prefix(1);
  if (!is_port(rest)) return {};
  return {.host = host, .port = rest};
}

// Names that containers have for their host machine. Nobody can register such a name.
bool is_name_for_containers(std::string_view host) {
  constexpr std::array kNames = {"host.docker.internal", "gateway.docker.internal",
                                 "host.containers.internal"};
  return std::any_of(kNames.begin(), kNames.end(),
                     [&](const char* name) { return equal_ignoring_case(host, name); });
}

bool is_allowed_host(const Options& options, std::string_view text) {
  const std::string_view host = authority_of(text).host;
  if (is_local_host(text) || is_name_for_containers(host)) return true;
  if (equal_ignoring_case(host, options.host)) return true;
  return std::any_of(options.allowed_hosts.begin(), options.allowed_hosts.end(),
                     [&](const std::string& allowed) {
                       return allowed == "*" || equal_ignoring_case(allowed, host) ||
                              equal_ignoring_case(allowed, text);
                     });
}

// Whether an origin belongs to this Host. A proxy may have removed TLS, so the scheme counts only
// for its default port.
bool is_origin_of(std::string_view origin, std::string_view host) {
  const bool is_https = origin.starts_with("https://");
  if (!is_https && !origin.starts_with("http://")) return false;
  const Authority page = authority_of(origin.substr(origin.find("://") + 3));
  const Authority server = authority_of(host);
  const std::string_view usual_port = is_https ? "443" : "80";
  const std::string_view page_port = page.port.empty() ? usual_port : page.port;
  const std::string_view server_port = server.port.empty() ? usual_port : server.port;
  return !page.host.empty() && equal_ignoring_case(page.host, server.host) &&
         page_port == server_port;
}

bool names_several_origins(const Request& request) {
  return std::count_if(request.headers.begin(), request.headers.end(), [](const Header& header) {
           return equal_ignoring_case(header.name, "Origin");
         }) > 1;
}

// A WebSocket can do what a POST can, and browsers let every page open one.
bool changes_something(const Request& request) {
  if (equal_ignoring_case(request.header("Upgrade").value_or(""), "websocket")) return true;
  return request.method != "GET" && request.method != "HEAD" && request.method != "OPTIONS";
}

}  // namespace

bool is_local_host(std::string_view text) {
  const std::string_view host = authority_of(text).host;
  return equal_ignoring_case(host, "localhost") || is_loopback(host);
}

bool is_of_another_origin(const Request& request) {
  const auto site = request.header("Sec-Fetch-Site");  // pages cannot set this header
  const auto origin = request.header("Origin");
  if (names_several_origins(request)) return true;
  if (!origin) return site && *site != "same-origin" && *site != "none";
  return site != "same-origin" && !is_origin_of(*origin, request.header("Host").value_or("")) &&
         !is_origin_of(*origin, request.header("X-Forwarded-Host").value_or(""));
}

bool allows_origin(const Options& options, std::string_view origin) {
  return std::any_of(
      options.cors_origins.begin(), options.cors_origins.end(),
      [&](const std::string& allowed) { return allowed == "*" || allowed == origin; });
}

std::optional<Response> refuse_other_site(const Options& options, const Request& request) {
  const auto host = request.header("Host");
  if (request.listener_is_local && host && !is_allowed_host(options, *host)) {
    return error_response({.status = 403,
                           .message = "this server accepts connections from its own machine only, "
                                      "and not under the name " +
                                      excerpt(*host) +
                                      ". To allow the name, add it to ORPHEUS_ALLOWED_HOSTS.",
                           .code = "host_not_allowed"});
  }
  const bool is_allowed = !names_several_origins(request) &&
                          allows_origin(options, request.header("Origin").value_or(""));
  if (changes_something(request) && !is_allowed && is_of_another_origin(request)) {
    return error_response({.status = 403,
                           .message = "a page of another site (" +
                                      excerpt(request.header("Origin").value_or("unknown")) +
                                      ") may not send this request. To allow it, add its origin to "
                                      "ORPHEUS_CORS_ORIGINS.",
                           .code = "origin_not_allowed"});
  }
  return std::nullopt;
}

}  // namespace orpheus::http
