#pragma once
// POST /dev/captioned_speech, as in Kokoro-FastAPI: sound in base64 with the times of its words.
// The response is one JSON object ("stream": false) or one object in each line, sent while the
// speech is made.

#include <vector>

#include "http/context.h"
#include "http/errors.h"
#include "http/router.h"

namespace orpheus::http {

// The context must outlive the routes.
std::vector<Route> captioned_speech_routes(const Context& context);

// {"detail": {"error": "validation_error", "message": …, "type": "invalid_request_error"}}.
Response captioned_error(const ApiError& error);
// An error in OpenAI's form in this form; another response as it is.
Response in_kokoro_form(Response response);

}  // namespace orpheus::http
