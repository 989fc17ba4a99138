#pragma once
// Who may use which route: API keys, this machine's own user for the admin routes, and the pages of
// other sites (CORS; site.h). Pure functions.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "http/options.h"
#include "http/request.h"
#include "http/response.h"

namespace orpheus::http {

enum class Access {
  kOpen,     // everybody: listings, health, pages
  kKey,      // with one of the keys, where there are any
  kAdmin,    // with an admin key; or, where none is set, for this machine's user
  kMetrics,  // open, unless the settings want a key
};

// What is answered to a request that may not: 401 without a key or token or with a wrong one, 403
// from elsewhere for an admin route, and what refuse_other_site says. Nothing where it may. The
// token of this machine's user is a key too, from this machine.
std::optional<Response> refuse_access(const Options& options, Access access,
                                      const Request& request);

// Whose request it is, for taking turns: the key's where it is a valid one, else the address's. Not
// 0.
uint64_t listener_of(const Options& options, const Request& request);

// Whether the key is one of these. Takes the same time wherever the first difference is.
bool is_among(std::string_view key, const std::vector<std::string>& keys);

// Headers for the pages of the origins that may call; empty for others.
std::vector<Header> cors_headers(const Options& options, const Request& request);

// The answer to a page that asks whether it may call; nothing where the request is none such.
std::optional<Response> answer_preflight(const Options& options, const Request& request);

}  // namespace orpheus::http
