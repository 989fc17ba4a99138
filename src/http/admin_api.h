#pragma once
// GET /get_config, POST /save_config and POST /restart_server, as in Orpheus-FastAPI, with access
// control (access.h). "Restarting" loads the settings again; speeches in progress continue.

#include <vector>

#include "http/context.h"
#include "http/router.h"

namespace orpheus::http {

std::vector<Route> admin_routes(const Context& context);

}  // namespace orpheus::http
