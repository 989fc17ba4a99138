#include "http/response.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace orpheus::http {
namespace {

constexpr size_t kMaxValueBytes = 1024;

std::string encode(std::string_view value) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : value) {
    if (encoded.size() + 3 > kMaxValueBytes) break;
    if (c >= ' ' && c <= '~') {
      encoded += c;
    } else {
      const auto byte = static_cast<uint8_t>(c);
      encoded += {'%', kDigits[byte >> 4U], kDigits[byte & 0xFU]};
    }
  }
  return encoded;
}

}  // namespace

void Response::set(std::string_view name, std::string_view value) {
  const auto known = std::find_if(headers.begin(), headers.end(),
                                  [&](const Header& header) { return header.name == name; });
  if (known != headers.end()) {
    known->value = encode(value);
  } else {
    headers.push_back({.name = std::string(name), .value = encode(value)});
  }
}

Response text_response(int status, std::string_view content_type, std::string body) {
  Response response{.status = status, .headers = {}, .body = std::move(body), .body_bytes = {}};
  response.set("Content-Type", content_type);
  return response;
}

}  // namespace orpheus::http
