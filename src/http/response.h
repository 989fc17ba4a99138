#pragma once
// A whole response: plain values, no socket.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/request.h"

namespace orpheus::http {

struct Response {
  int status = 200;
  std::vector<Header> headers;  // set() keeps them well-formed
  std::string body;             // its length is written by the server
  std::optional<uint64_t> body_bytes =
      {};  // length of a body that follows piece by piece, if known

  // Replaces or adds a header. Values may come from outside (names of voices and models), so bytes
  // other than printable ASCII are percent-encoded, and the value is cut at 1024 bytes.
  void set(std::string_view name, std::string_view value);
};

Response text_response(int status, std::string_view content_type, std::string body);

}  // namespace orpheus::http
