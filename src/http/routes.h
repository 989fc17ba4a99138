#pragma once
// Every route of the server.

#include <vector>

#include "http/context.h"
#include "http/router.h"

namespace orpheus::http {

// In the order of /docs. The context must outlive them.
std::vector<Route> all_routes(const Context& context);

}  // namespace orpheus::http
