#pragma once
// Converts between Beast's types and ours: a parsed message becomes a Request, a Response becomes
// the head of a message.

#include <string>
#include <vector>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "http/errors.h"
#include "http/options.h"
#include "http/request.h"
#include "http/response.h"
#include "http/router.h"

namespace orpheus::http {

using RequestParser = boost::beast::http::request_parser<boost::beast::http::string_body>;

// How a request wants its response.
struct Manner {
  int version = 11;  // of HTTP, times ten
  bool keep_alive = false;
  bool head_only = false;
  std::string id;
  std::vector<Header> more_headers;  // CORS headers
  ErrorForm errors = ErrorForm::kOpenAi;
};

enum class BodyEnd {
  kLength,     // by Content-Length
  kLastChunk,  // chunked transfer coding
  kClose,      // by the end of the connection, for HTTP/1.0
};

// A request without its body. The parser must have read the head.
Request to_head(const RequestParser& parser);

// Whether the body has a transfer coding besides chunked. Beast would treat it as no body, and its
// bytes as the next request; or, before chunked, it would treat the coded bytes as the body.
bool has_unknown_coding(const RequestParser& parser);

// Whether there is more than one Host: another server might have looked at the other one.
bool names_two_hosts(const RequestParser& parser);

// The response to bytes that are not a request.
ApiError refusal_of(boost::system::error_code error, const Options& options);

// Status line and headers, with their empty line.
std::string head_bytes(const Response& response, const Manner& manner, BodyEnd end);

}  // namespace orpheus::http
