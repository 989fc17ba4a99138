#pragma once
// Errors in OpenAI's form: {"error":{"message","type","param","code"}}; param and code may be
// null.

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/response.h"

namespace orpheus::http {

struct ApiError {
  int status = 500;
  std::string message;
  std::string param = {};  // the wrong key of the body; empty is null
  std::string code = {};   // a word that programs may test; empty is null
};

// 400 usage and unsupported, 404 not found, 413 limit, 502 bad reply, 503 unavailable and
// cancelled, 504 timed out, else 500.
int http_status(ErrorKind kind);

// The error as a client may read it: what it quotes is cut short, and of an absolute path the last
// name is left. The log has all.
ApiError api_error(const Error& error);

// "/home/a/lm.gguf: not a file" becomes "lm.gguf: not a file". Routes of one part stay.
std::string without_folders(std::string_view text);

// The type follows from the status.
Response error_response(const ApiError& error);
// The error that such a response tells. Nothing for another response.
std::optional<ApiError> error_of(const Response& response);

// The error of a request that failed, also when a stopping server did it.
ApiError failure_of(const Error& error, bool is_draining);
// The same as a response, before anything was sent.
Response failure_response(const Error& error, bool is_draining);

// 503 of a server that is stopping, and whether an error is this one.
ApiError stopping_error();
bool is_stopping(const ApiError& error);
Response stopping_response();

// 429 with the time to wait before a retry.
Response too_busy_response(int most_speeches, int retry_after_seconds);

}  // namespace orpheus::http
