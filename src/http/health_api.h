#pragma once
// GET /health, /health/live, /health/ready and /metrics: for balancers, supervisors and operators.

#include <vector>

#include "http/context.h"
#include "http/router.h"

namespace orpheus::http {

// /health is {"status","version","timestamp","uptime_seconds"}: timestamp is seconds since
// 1970 with a fraction, the uptime counts from this call; the status is "ok", "loading" or
// "stopping". /health/ready is 503 unless the status is "ok"; the other two are always
// 200.
std::vector<Route> health_routes(const Context& context);

}  // namespace orpheus::http
