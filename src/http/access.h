#pragma once
// Access control: API keys, admin routes for the user of this machine, and pages of other sites
// (CORS; site.h). Pure functions.

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
  kKey,      // needs one of the keys, if there are any
  kAdmin,    // needs an admin key; if none is set, this machine's user
  kMetrics,  // open, unless the settings demand a key
};

// The refusal of a request without access: 401 (no key or token, or a wrong one), 403 (an admin
// route from elsewhere), or that of refuse_other_site. Nothing if the request has access. From this
// machine, the token of its user is a key too.
std::optional<Response> refuse_access(const Options& options, Access access,
                                      const Request& request);

// The listener of a request, for taking turns: from a valid key, else from the address. Never
// 0.
uint64_t listener_of(const Options& options, const Request& request);

// The key of "Authorization: Bearer KEY", of "X-API-Key: KEY", or of ElevenLabs' "xi-api-key: KEY";
// empty if there is none.
std::string_view key_of(const Request& request);

// Whether the key is one of these. The time does not depend on the place of the first difference.
bool is_among(std::string_view key, const std::vector<std::string>& keys);

// CORS headers for an allowed origin; empty for others.
std::vector<Header> cors_headers(const Options& options, const Request& request);

// The response to a CORS preflight request; nothing for other requests.
std::optional<Response> answer_preflight(const Options& options, const Request& request);

}  // namespace orpheus::http
