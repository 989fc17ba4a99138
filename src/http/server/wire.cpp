#include "http/server/wire.h"

#include <ctime>
#include <string_view>
#include <utility>

#include <boost/beast/http.hpp>
#include <spdlog/fmt/chrono.h>
#include <spdlog/fmt/fmt.h>

namespace orpheus::http {
namespace {

namespace beast = boost::beast;
namespace wire = boost::beast::http;

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

}  // namespace

Request to_head(const RequestParser& parser) {
  const auto& message = parser.get();
  Target target = parse_target(view(message.target()));
  Request request{.method = std::string(view(message.method_string())),
                  .path = std::move(target.path),
                  .query = std::move(target.query),
                  .headers = {},
                  .body = {},
                  .id = {}};
  // The target's host counts, not the header's (RFC 9112, 3.2.2).
  if (target.authority) request.headers.push_back({.name = "Host", .value = *target.authority});
  for (const auto& field : message) {
    if (target.authority && field.name() == wire::field::host) continue;
    request.headers.push_back({.name = std::string(view(field.name_string())),
                               .value = std::string(view(field.value()))});
  }
  request.id = request_id(request.header("X-Request-Id"));
  return request;
}

bool has_unknown_coding(const RequestParser& parser) {
  const auto& message = parser.get();
  return message.count(wire::field::transfer_encoding) != 0 &&
         !equal_ignoring_case(view(message[wire::field::transfer_encoding]), "chunked");
}

bool names_two_hosts(const RequestParser& parser) {
  return parser.get().count(wire::field::host) > 1;
}

ApiError refusal_of(boost::system::error_code error, const Options& options) {
  if (error == wire::error::body_limit) {
    return ApiError{.status = 413,
                    .message = fmt::format("the body is too large (expected at most {} bytes)",
                                           options.max_body_bytes),
                    .code = "body_too_large"};
  }
  if (error == wire::error::header_limit || error == wire::error::buffer_overflow) {
    return ApiError{.status = 431,
                    .message = fmt::format("the headers are too large (expected at most {} bytes)",
                                           options.max_header_bytes),
                    .code = "headers_too_large"};
  }
  if (error == wire::error::bad_version) {
    return ApiError{.status = 505,
                    .message = "this version of HTTP is not supported (expected 1.0 or 1.1)",
                    .code = "http_version_not_supported"};
  }
  return ApiError{.status = 400,
                  .message = "these bytes are not an HTTP request: " + error.message(),
                  .code = "bad_request"};
}

std::string head_bytes(const Response& response, const Manner& manner, BodyEnd end) {
  std::string head = fmt::format(
      "HTTP/1.1 {} {}\r\nDate: {:%a, %d %b %Y %H:%M:%S} GMT\r\nX-Request-Id: {}\r\n",
      response.status, view(wire::obsolete_reason(static_cast<wire::status>(response.status))),
      fmt::gmtime(std::time(nullptr)), manner.id);
  for (const Header& header : response.headers) {
    head += fmt::format("{}: {}\r\n", header.name, header.value);
  }
  for (const Header& header : manner.more_headers) {
    head += fmt::format("{}: {}\r\n", header.name, header.value);
  }
  if (end == BodyEnd::kLength && response.status != 204 && response.status != 304) {
    head +=
        fmt::format("Content-Length: {}\r\n", response.body_bytes.value_or(response.body.size()));
  }
  if (end == BodyEnd::kLastChunk) head += "Transfer-Encoding: chunked\r\n";
  if (!manner.keep_alive) head += "Connection: close\r\n";
  if (manner.keep_alive && manner.version == 10) head += "Connection: keep-alive\r\n";
  return head + "\r\n";
}

}  // namespace orpheus::http
