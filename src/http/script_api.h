#pragma once
// POST /v1/audio/script: the words that a speech request would speak, without sound.

#include <vector>

#include "http/context.h"
#include "http/router.h"

namespace orpheus::http {

std::vector<Route> script_routes(const Context& context);

}  // namespace orpheus::http
