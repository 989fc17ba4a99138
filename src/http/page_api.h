#pragma once
// The page: GET / and /web/ return its document, /web/NAME its other files, /web/facts the facts
// that it shows. Everybody may load it; the page asks for a key if the server needs one.

#include <vector>

#include "http/context.h"
#include "http/router.h"

namespace orpheus::http {

std::vector<Route> page_routes(const Context& context);

}  // namespace orpheus::http
