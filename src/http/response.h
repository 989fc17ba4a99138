#pragma once
// An answer in one piece: plain values, no socket.

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
      {};  // of a body that follows piece by piece, where it is known

  // Replaces the header of this name, or adds it. Names of voices and models come from anywhere:
  // whatever is not printable ASCII is percent-encoded, and the value cut at 1024 bytes.
  void set(std::string_view name, std::string_view value);
};

Response text_response(int status, std::string_view content_type, std::string body);

}  // namespace orpheus::http
