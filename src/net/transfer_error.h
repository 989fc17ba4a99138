#pragma once
// Turns libcurl's codes into errors that users understand. Pure functions.

#include <string>

#include <curl/curl.h>

#include "base/result.h"
#include "net/url.h"

namespace orpheus::net {

// words: libcurl's text, may be empty. os_error: errno of the failed connection, or 0.
Error transfer_error(CURLcode code, const Url& url, const std::string& words, long os_error);

// The error for a proxy that refuses to connect to the server.
Error proxy_refusal(const Url& url, long status);

}  // namespace orpheus::net
