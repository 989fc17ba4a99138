#pragma once
// Whose page a request comes from, and under which name it reached this server: browsers send both.
// A page of another site must not make this server speak, and a name that an attacker's DNS sends
// here must not make a page of the attacker this server's own. Pure functions.

#include <optional>
#include <string_view>

#include "http/options.h"
#include "http/request.h"
#include "http/response.h"

namespace orpheus::http {

// 403 for a request under a name that is not this machine's, where the server listens at loopback
// (Options::allowed_hosts names more); and for one that changes something and that a page of
// another origin makes, unless cors_origins allow it. Nothing for others.
std::optional<Response> refuse_other_site(const Options& options, const Request& request);

// Whether a Host ("localhost:5005", "[::1]") is localhost or a loopback address.
bool is_local_host(std::string_view host);

// Whether a page of another origin than this server's makes the request, as the browser tells.
bool is_of_another_origin(const Request& request);

// Whether cors_origins let the pages of this origin call.
bool allows_origin(const Options& options, std::string_view origin);

}  // namespace orpheus::http
