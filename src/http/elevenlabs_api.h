#pragma once
// POST /v1/text-to-speech/{voice_id} and …/stream: speech as ElevenLabs' clients ask for it, with
// errors in their form. The first is one complete response, the second is sent while it is made.

#include <string>
#include <vector>

#include "http/context.h"
#include "http/errors.h"
#include "http/router.h"

namespace orpheus::http {

// The context must outlive the routes.
std::vector<Route> elevenlabs_routes(const Context& context);

// {"detail": {"status": "voice_not_found", "message": …}}. An error of a key of the body is 422
// with a list: {"detail": [{"loc": ["body", "text"], "msg": …, "type": …}]}.
Response elevenlabs_error(const ApiError& error);

}  // namespace orpheus::http
