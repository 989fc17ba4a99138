#pragma once
// Checks the site of the page that makes a request, and the name under which the request reached
// this server; browsers send both. A page of another site must not make this server speak, and a
// name from an attacker's DNS must not make the attacker's page count as this server's. Pure
// functions.

#include <optional>
#include <string_view>

#include "http/options.h"
#include "http/request.h"
#include "http/response.h"

namespace orpheus::http {

// 403 in two cases, else nothing. First: the server listens at loopback, and the request's Host is
// neither this machine's nor in Options::allowed_hosts. Second: a page of another origin makes a
// request that may change something, and cors_origins do not allow it.
std::optional<Response> refuse_other_site(const Options& options, const Request& request);

// Whether a Host ("localhost:5005", "[::1]") is localhost or a loopback address.
bool is_local_host(std::string_view host);

// Whether the request comes from a page of another origin than this server's, by the browser's
// headers.
bool is_of_another_origin(const Request& request);

// Whether cors_origins allow pages of this origin.
bool allows_origin(const Options& options, std::string_view origin);

}  // namespace orpheus::http
