#pragma once
// A request for the API families: plain values, no socket.

#include <chrono>
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
  std::string id;                  // the response's X-Request-Id
  bool peer_is_local = false;      // the connection comes from this machine, possibly from a proxy
  bool listener_is_local = false;  // the server listens at loopback
  std::string peer;                // the client's address, or the connection's if there is none
  std::chrono::steady_clock::time_point received = std::chrono::steady_clock::now();

  // Value of the first header of this name, in any case of letters.
  std::optional<std::string_view> header(std::string_view name) const;
};

// Whether two texts are equal, ignoring the case of ASCII letters.
bool equal_ignoring_case(std::string_view a, std::string_view b);

// Whether this is the last try of an OpenAI client. These clients send the number of their retries
// and give up after the second.
bool is_last_try(const Request& request);

// The value of a key in a query such as "a=1&b=2", decoded. Nothing if it is absent.
std::optional<std::string> query_value(std::string_view query, std::string_view key);

// A path, or a part of one, whose %41 is A; what is no encoding stands for itself.
std::string decoded_path(std::string_view path);

struct Target {
  std::string path;
  std::string query;
  std::optional<std::string> authority = {};  // "host:80", where the target names one
};

// Splits the target of a request line: "/a?b" or, for proxies, "http://host/a?b".
Target parse_target(std::string_view target);

// The client's request id if it is short and plain, else a random one.
std::string request_id(std::optional<std::string_view> given);

}  // namespace orpheus::http
