#pragma once
// An HTTP client. Sends requests to other servers and delivers each response piece by piece. Many
// threads may use a Client at once; a call blocks its thread and delivers on that thread.
// Connections are kept for the next request. Proxies come from the environment (http_proxy,
// https_proxy, all_proxy, no_proxy), as for curl.

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
enum class Redirects { kRefuse, kFollow };  // kFollow: up to 8, never from https to http

struct Header {
  std::string name;
  std::string value;
};

// 0 means no limit.
struct Timeouts {
  std::chrono::milliseconds connect{10'000};  // name, connection and TLS together
  std::chrono::milliseconds idle{60'000};  // without a byte either way, the receiver's time aside
  std::chrono::milliseconds total{0};      // from the call to the last byte
};

struct Request {
  Url url;
  Method method = Method::kGet;
  std::vector<Header> headers = {};
  std::string body = {};
  // Asks for the rest of a body, "Range: bytes=N-". A server that supports ranges answers 206 with
  // Content-Range; another one sends the whole body with 200. The head tells which.
  uint64_t resume_from_bytes = 0;
  Redirects redirects = Redirects::kRefuse;
  Timeouts timeouts = {};
  // http://HOST:PORT of the proxy for this request, regardless of no_proxy; "": no proxy.
  // Unset: the environment's proxy.
  std::optional<std::string> proxy = {};
  CancelToken cancel = {};  // looked at twenty times a second
};

// The head of the delivered response. Heads of redirects are not delivered.
struct ResponseHead {
  int status = 0;
  std::vector<Header> headers = {};         // in the order in which they came
  std::string url = {};                     // that answered, after redirects
  std::optional<uint64_t> body_bytes = {};  // as Content-Length says
  std::string proxy = {};                   // HOST:PORT that the answer came through; may be empty

  // The value of the first header of this name, in any case; empty if there is none.
  std::string_view header(std::string_view name) const;
};

// on_head and on_bytes return whether more is wanted; one that is empty wants all. All three run on
// the caller's thread.
struct Receiver {
  std::function<bool(const ResponseHead&)> on_head = {};  // once, before the first byte of the body
  std::function<bool(std::string_view)> on_bytes = {};
  // An error ends the exchange. Called twenty times a second, behind the bytes that have arrived.
  std::function<std::optional<Error>()> overdue = {};
};

struct StreamedResponse {
  ResponseHead head;
  bool whole = false;  // false: the receiver ended it
};

struct Response {
  ResponseHead head;
  std::string body;
};

// The certificate authorities that a client trusts.
struct Authorities {
  std::string file = {};      // PEM, in place of the system's; empty: the system's
  std::string given_by = {};  // what names the file, for errors: "--ca-certificates"
};

class Client {
 public:
  explicit Client(Authorities authorities = {});
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Returns a response of any HTTP status. Errors: kUnavailable (unknown host, connection refused,
  // TLS, unreadable authorities, connection broken before the end), kTimedOut, kBadReply (not HTTP,
  // more than 256 KiB of headers, too many redirects or a forbidden one), kCancelled, kUsage (a
  // request header that contains a line end).
  Result<StreamedResponse> send(const Request& request, const Receiver& receiver);

  // Keeps the body in memory. Errors: those of send, and kLimit (a longer body).
  Result<Response> fetch(const Request& request, size_t max_body_bytes);

 private:
  struct Idle;
  const Authorities authorities_;
  std::unique_ptr<Idle> idle_;
};

}  // namespace orpheus::net
