#pragma once
// What the server offers, for programs and for people: GET /openapi.json describes every route, and
// GET /docs shows the same as a page. The routes themselves say which there are and who may use
// them; their words and the shapes of their bodies stand here.

#include <vector>

#include <nlohmann/json.hpp>

#include "http/context.h"
#include "http/options.h"
#include "http/router.h"

namespace orpheus::http {

// An OpenAPI 3.1 document of these routes. Bounds are those of the options and of this build.
nlohmann::ordered_json openapi_of(const std::vector<Route>& routes, const Options& options);

// The two routes; what they describe is the others and themselves.
std::vector<Route> openapi_routes(const Context& context, const std::vector<Route>& others);

}  // namespace orpheus::http
