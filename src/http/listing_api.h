#pragma once
// GET /v1/models, /v1/audio/models, /v1/audio/voices and /v1/voices: the models and voices.

#include <vector>

#include "http/context.h"
#include "http/router.h"

namespace orpheus::http {

std::vector<Route> listing_routes(const Context& context);

}  // namespace orpheus::http
