#include "http/errors.h"

#include <string_view>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "base/utf8.h"
#include "lm/too_busy.h"

namespace orpheus::http {
namespace {

using Json = nlohmann::ordered_json;

std::string_view error_type(int status) {
  if (status == 429) return "rate_limit_error";
  if (status == 401) return "authentication_error";
  if (status == 403) return "permission_error";
  return status < 500 ? "invalid_request_error" : "server_error";
}

// Of a message that may quote what a client sent.
constexpr size_t kMostWhatBytes = 300;
constexpr size_t kMostFoundBytes = 80;

std::string shortened(const std::string& text, size_t most_bytes) {
  if (text.size() <= most_bytes) return text;
  const std::string_view start = std::string_view(text).substr(0, most_bytes);
  return std::string(start.substr(0, find_invalid_utf8(start).value_or(most_bytes))) + "…";
}

constexpr std::string_view kStopping = "server_stopping";

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

std::string without_folders(std::string_view text) {
  constexpr std::string_view kEnds = " \t'\"`,;()<>";
  std::string kept;
  while (!text.empty()) {
    const bool begins = kept.empty() || kEnds.find(kept.back()) != std::string_view::npos ||
                        kept.back() == ':' || kept.back() == '=';
    const std::string_view word = text.substr(0, text.find_first_of(kEnds));
    // "/restart_server" is a route; what has a folder is a path. "://" is an address.
    const size_t last = word.rfind('/');
    if (begins && word.starts_with('/') && !word.starts_with("//") && last > 0) {
      const std::string_view name = word.substr(last + 1);
      kept += name.empty() ? "…" : name;
      text.remove_prefix(word.size());
    } else {
      kept += text.front();
      text.remove_prefix(1);
    }
  }
  return kept;
}

ApiError api_error(const Error& error) {
  Error told = error;
  told.what = without_folders(shortened(error.what, kMostWhatBytes));
  told.expected = without_folders(error.expected);
  told.found = without_folders(shortened(error.found, kMostFoundBytes));
  told.remedy = without_folders(error.remedy);
  return {.status = http_status(error.kind), .message = told.message()};
}

Response error_response(const ApiError& error) {
  const Json body = {{"error",
                      {{"message", error.message},
                       {"type", error_type(error.status)},
                       {"param", text_or_null(error.param)},
                       {"code", text_or_null(error.code)}}}};
  // Messages may quote input; bytes that are not UTF-8 become U+FFFD.
  return text_response(error.status, "application/json",
                       body.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::optional<ApiError> error_of(const Response& response) {
  if (response.status < 400) return std::nullopt;  // a whole speech may be 100 MiB of JSON
  const Json body = Json::parse(response.body, nullptr, false);
  const auto error = body.is_object() ? body.find("error") : body.end();
  if (error == body.end() || !error->is_object()) return std::nullopt;
  const auto text = [&](const char* key) {
    const Json value = error->value(key, Json());
    return value.is_string() ? value.get<std::string>() : std::string();
  };
  return ApiError{.status = response.status,
                  .message = text("message"),
                  .param = text("param"),
                  .code = text("code")};
}

ApiError failure_of(const Error& error, bool is_draining) {
  if (is_draining && error.kind == ErrorKind::kCancelled) return stopping_error();
  ApiError failure = api_error(error);
  if (lm::is_too_busy(error)) {
    failure.status = 429;
    failure.code = "rate_limit_exceeded";
  }
  return failure;
}

Response failure_response(const Error& error, bool is_draining) {
  if (is_draining && error.kind == ErrorKind::kCancelled) return stopping_response();
  return error_response(failure_of(error, is_draining));
}

ApiError stopping_error() {
  return {.status = 503, .message = "the server is stopping", .code = std::string(kStopping)};
}

bool is_stopping(const ApiError& error) { return error.code == kStopping; }

Response stopping_response() {
  Response response = error_response(stopping_error());
  response.set("Retry-After", "5");
  return response;
}

Response too_busy_response(int most_speeches, int retry_after_seconds) {
  Response response = error_response(
      {.status = 429,
       .message = fmt::format("too many requests (at most {} can be in progress or wait). Try "
                              "again in {} s, or raise the server's limits.",
                              most_speeches, retry_after_seconds),
       .code = "rate_limit_exceeded"});
  response.set("Retry-After", std::to_string(retry_after_seconds));
  return response;
}

}  // namespace orpheus::http
