#pragma once
// An HTTP client: requests to other servers, whose answers arrive piece by piece. A Client may be
// used by many threads at once; a call blocks its thread and delivers on it. Connections are kept
// for the next request. Proxies are those that the environment names (http_proxy, https_proxy,
// all_proxy, no_proxy), as for curl.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"
#include "net/url.h"

namespace orpheus::net {

enum class Method { kGet, kPost };
enum class Redirects { kRefuse, kFollow };  // followed: 8 of them, never from https to http

struct Header {
  std::string name;
  std::string value;
};

// Each 0 is without end.
struct Timeouts {
  std::chrono::milliseconds connect{10'000};  // name, connection and TLS together
  std::chrono::milliseconds idle{60'000};     // without a byte either way; a receiver's time apart
  std::chrono::milliseconds total{0};         // from the call to the last byte
};

struct Request {
  Url url;
  Method method = Method::kGet;
  std::vector<Header> headers = {};
  std::string body = {};
  // Asks for the rest of a body, "Range: bytes=N-". A server that knows ranges answers 206 with
  // Content-Range; one that does not sends everything, with 200: look at the head.
  uint64_t resume_from_bytes = 0;
  Redirects redirects = Redirects::kRefuse;
  Timeouts timeouts = {};
  CancelToken cancel = {};  // looked at twenty times a second
};

// Of the answer that is delivered: that of redirects is not.
struct ResponseHead {
  int status = 0;
  std::vector<Header> headers = {};         // in the order in which they came
  std::string url = {};                     // that answered, behind redirects
  std::optional<uint64_t> body_bytes = {};  // as Content-Length says

  // The first of this name, in whatever case; empty where there is none.
  std::string_view header(std::string_view name) const;
};

// Each returns whether more is wanted; one that is empty wants all. Both run on the caller's
// thread.
struct Receiver {
  std::function<bool(const ResponseHead&)> on_head = {};  // once, before the first byte of the body
  std::function<bool(std::string_view)> on_bytes = {};
};

struct StreamedResponse {
  ResponseHead head;
  bool whole = false;  // false: the receiver wanted no more
};

struct Response {
  ResponseHead head;
  std::string body;
};

class Client {
 public:
  // ca_certificates: a PEM file of those who may vouch for a server, in place of the system's.
  explicit Client(std::string ca_certificates = {});
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Any status is an answer; errors are about its coming: kUnavailable (no such name, refused, TLS,
  // the connection broke before the end), kTimedOut, kBadReply (not HTTP, more bytes of headers
  // than 256 KiB, redirected too often or to where it may not lead), kCancelled, kUsage (a header
  // that holds a line's end).
  Result<StreamedResponse> send(const Request& request, const Receiver& receiver);

  // The same, kept in memory. Errors besides: kLimit (a longer body).
  Result<Response> fetch(const Request& request, size_t max_body_bytes);

 private:
  struct Idle;
  const std::string ca_certificates_;
  std::unique_ptr<Idle> idle_;
};

}  // namespace orpheus::net
