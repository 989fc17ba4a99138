#pragma once
// POST /speak and GET /outputs/NAME, as in Orpheus-FastAPI: a speech as a file on the server.

#include <memory>
#include <vector>

#include "http/context.h"
#include "http/outputs.h"
#include "http/router.h"

namespace orpheus::http {

std::vector<Route> kept_speech_routes(const Context& context,
                                      const std::shared_ptr<Outputs>& outputs);

}  // namespace orpheus::http
