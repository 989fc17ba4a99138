#pragma once
// Between bytes and our values: what Beast's parser read becomes a Request, a Response becomes the
// head that goes before its body.

#include <string>
#include <vector>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "http/errors.h"
#include "http/options.h"
#include "http/request.h"
#include "http/response.h"

namespace orpheus::http {

using RequestParser = boost::beast::http::request_parser<boost::beast::http::string_body>;

// How a request wants its answer.
struct Manner {
  int version = 11;  // of HTTP, times ten
  bool keep_alive = false;
  bool head_only = false;
  std::string id;
  std::vector<Header> more_headers;  // for the pages of other origins
};

enum class BodyEnd {
  kLength,     // Content-Length says it
  kLastChunk,  // chunked transfer coding
  kClose,      // the end of the connection, for HTTP/1.0
};

// All of a request but its body. The parser has read the head.
Request to_head(const RequestParser& parser);

// Whether the body comes in a transfer coding that Beast does not know. Beast takes it for no body
// at all, so that its bytes would be read as the next request.
bool has_unknown_coding(const RequestParser& parser);

// What is answered to bytes that make no request.
ApiError refusal_of(boost::system::error_code error, const Options& options);

// Status line and headers, with their empty line.
std::string head_bytes(const Response& response, const Manner& manner, BodyEnd end);

}  // namespace orpheus::http
