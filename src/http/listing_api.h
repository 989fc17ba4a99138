#pragma once
// GET /v1/models, /v1/audio/models, /v1/audio/voices, /v1/voices and /v2/voices: the models and
// voices, in the forms of OpenAI, Open WebUI and ElevenLabs.

#include <vector>

#include "http/context.h"
#include "http/router.h"

namespace orpheus::http {

std::vector<Route> listing_routes(const Context& context);

}  // namespace orpheus::http
