#pragma once
// The page: GET / and /web/ are its document, /web/NAME its other files, and /web/facts what it
// shows of this server. Everybody may load it; it asks for a key where the server wants one.

#include <vector>

#include "http/context.h"
#include "http/router.h"

namespace orpheus::http {

std::vector<Route> page_routes(const Context& context);

}  // namespace orpheus::http
