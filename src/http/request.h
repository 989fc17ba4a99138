#pragma once
// A request as the API families see it: plain values, no socket.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace orpheus::http {

struct Header {
  std::string name;
  std::string value;
};

struct Request {
  std::string method;  // as it was sent: "GET"
  std::string path;    // "/v1/audio/speech"; neither decoded nor normalised
  std::string query;   // what follows '?', not decoded; may be empty
  std::vector<Header> headers;
  std::string body;
  std::string id;  // what X-Request-Id answers

  // Value of the first header of this name, in any case of letters.
  std::optional<std::string_view> header(std::string_view name) const;
};

struct Target {
  std::string path;
  std::string query;
};

// Splits what a request line asks for: "/a?b" or, as proxies send it, "http://host/a?b".
Target parse_target(std::string_view target);

// The name a client gave its request where that is short and plain, else a fresh random one.
std::string request_id(std::optional<std::string_view> given);

}  // namespace orpheus::http
