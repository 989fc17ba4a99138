#pragma once
// GET /health: whether the server is there, for balancers and container supervisors.

#include <vector>

#include "http/router.h"

namespace orpheus::http {

// {"status":"ok","version","timestamp","uptime_seconds"}; timestamp is seconds since 1970 with a
// fraction, the uptime counts from this call.
std::vector<Route> health_routes();

}  // namespace orpheus::http
