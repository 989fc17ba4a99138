#pragma once
// What libcurl's codes mean to a person. Pure functions.

#include <string>

#include <curl/curl.h>

#include "base/result.h"
#include "net/url.h"

namespace orpheus::net {

// words: libcurl's own, may be empty; os_error: errno of the connection that failed, or 0.
Error transfer_error(CURLcode code, const Url& url, const std::string& words, long os_error);

// A proxy that does not lead on to the server.
Error proxy_refusal(const Url& url, long status);

}  // namespace orpheus::net
