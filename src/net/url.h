#pragma once
// An http or https address, checked and split into its parts. A plain value.

#include <string>
#include <string_view>

#include "base/result.h"

namespace orpheus::net {

class Url {
 public:
  // Parses a whole address: "http://127.0.0.1:8080/v1?x=1", "https://[::1]/". Drops the part after
  // a '#'. Errors: kUsage (no scheme, another scheme, not an address, 8 KiB or more).
  static Result<Url> parse(std::string_view text);

  // The address as it is sent: host in lower case, path at least "/".
  const std::string& text() const { return text_; }
  // For logs and messages: without user name, password and query.
  const std::string& shown() const { return shown_; }

  bool is_encrypted() const { return scheme_ == "https"; }
  const std::string& host() const { return host_; }  // "[::1]" keeps its brackets
  int port() const { return port_; }
  // An address of this machine: localhost, 127.0.0.0/8, ::1, 0.0.0.0. Names are not looked up.
  bool is_loopback() const;
  const std::string& path() const { return path_; }  // begins with '/'; without the query

  // An address on the same server. path begins with '/'; a query may follow it. Errors: kUsage.
  Result<Url> with_path(std::string_view path) const;
  // Resolves a reference that was found at this address, as RFC 3986 defines: "https://host/x",
  // "//host/x", "/x", "x/y?z", "../x". Errors: kUsage (empty, or not http or https).
  Result<Url> resolve(std::string_view reference) const;

 private:
  Url() = default;

  std::string text_;
  std::string shown_;
  std::string scheme_;
  std::string host_;
  std::string path_;
  int port_ = 0;
};

}  // namespace orpheus::net
