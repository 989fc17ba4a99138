#pragma once
// Turns libcurl's codes into errors that users understand. Pure functions.

#include <string>

#include <curl/curl.h>

#include "base/result.h"
#include "net/client.h"
#include "net/url.h"

namespace orpheus::net {

struct Circumstances {
  std::string words = {};  // libcurl's own; may be empty
  long os_error = 0;       // errno of the connection that failed, or 0
  std::string proxy = {};  // HOST:PORT that was connected to in place of the server; may be empty
  Authorities authorities = {};
};

// Names the proxy, if the connection went through one.
Error transfer_error(CURLcode code, const Url& url, const Circumstances& circumstances);

// The error for a proxy that refuses to connect to the server.
Error proxy_refusal(const Url& url, long status);

}  // namespace orpheus::net
