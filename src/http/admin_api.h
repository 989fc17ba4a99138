#pragma once
// GET /get_config, POST /save_config and POST /restart_server, as the predecessor had them, for
// those who may (access.h). Restarting is loading the settings again: nobody is cut off.

#include <vector>

#include "http/context.h"
#include "http/router.h"

namespace orpheus::http {

std::vector<Route> admin_routes(const Context& context);

}  // namespace orpheus::http
