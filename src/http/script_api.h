#pragma once
// POST /v1/audio/script: what would be spoken for the body of a speech request, without sound.

#include <vector>

#include "http/context.h"
#include "http/router.h"

namespace orpheus::http {

std::vector<Route> script_routes(const Context& context);

}  // namespace orpheus::http
