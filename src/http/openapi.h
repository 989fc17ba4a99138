#pragma once
// The API's description: GET /openapi.json for programs, GET /docs as a page. The list of
// routes and their access come from the routes themselves; texts and body schemas are
// here.

#include <vector>

#include <nlohmann/json.hpp>

#include "http/context.h"
#include "http/options.h"
#include "http/router.h"

namespace orpheus::http {

// An OpenAPI 3.1 document of these routes, with the bounds of the options and of this build.
nlohmann::ordered_json openapi_of(const std::vector<Route>& routes, const Options& options);

// The two routes. They describe the other routes and themselves.
std::vector<Route> openapi_routes(const Context& context, const std::vector<Route>& others);

}  // namespace orpheus::http
