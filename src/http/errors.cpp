#include "http/errors.h"

#include <string_view>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace orpheus::http {
namespace {

using Json = nlohmann::ordered_json;

std::string_view error_type(int status) {
  if (status == 429) return "rate_limit_error";
  if (status == 401) return "authentication_error";
  if (status == 403) return "permission_error";
  return status < 500 ? "invalid_request_error" : "server_error";
}

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

}  // namespace

int http_status(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kUsage:
    case ErrorKind::kUnsupported: return 400;
    case ErrorKind::kNotFound: return 404;
    case ErrorKind::kLimit: return 413;
    case ErrorKind::kTimedOut: return 504;
    case ErrorKind::kBadReply: return 502;
    case ErrorKind::kUnavailable:
    case ErrorKind::kCancelled: return 503;
    case ErrorKind::kInternal:
    case ErrorKind::kBadFile:
    case ErrorKind::kIo: return 500;
  }
  return 500;
}

ApiError api_error(const Error& error) {
  return {.status = http_status(error.kind), .message = error.message()};
}

Response error_response(const ApiError& error) {
  const Json body = {{"error",
                      {{"message", error.message},
                       {"type", error_type(error.status)},
                       {"param", text_or_null(error.param)},
                       {"code", text_or_null(error.code)}}}};
  // Messages quote what others sent; bytes that are not UTF-8 become U+FFFD.
  return text_response(error.status, "application/json",
                       body.dump(-1, ' ', false, Json::error_handler_t::replace));
}

Response failure_response(const Error& error, bool is_draining) {
  if (is_draining && error.kind == ErrorKind::kCancelled) return stopping_response();
  return error_response(api_error(error));
}

Response stopping_response() {
  Response response = error_response(
      {.status = 503, .message = "the server is stopping", .code = "server_stopping"});
  response.set("Retry-After", "5");
  return response;
}

Response too_busy_response(int most_speeches, int retry_after_seconds) {
  Response response = error_response(
      {.status = 429,
       .message = fmt::format("too many speeches at once (at most {} are in progress or wait). Try "
                              "again in {} s, or raise the server's limits.",
                              most_speeches, retry_after_seconds),
       .code = "rate_limit_exceeded"});
  response.set("Retry-After", std::to_string(retry_after_seconds));
  return response;
}

}  // namespace orpheus::http
