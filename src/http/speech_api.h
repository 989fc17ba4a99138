#pragma once
// POST /v1/audio/speech, and /v1/speech/audio as older clients call it: text in, sound out while it
// is being made.

#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "http/answer.h"
#include "http/context.h"
#include "http/router.h"
#include "http/speech_request.h"

namespace orpheus::http {

// The context must outlive the routes. Answers 200 with the first sound and not before: what fails
// until then has its own status (speech_request.h, and http_status of the speech's error), a
// speech without a sample is 500. X-Voice, X-Model and X-Seed say what spoke; X-Generation-Time-Ms,
// of an answer in one piece, how long it took.
std::vector<Route> speech_routes(const Context& context);

// For every route that speaks.

// The voice and the model that a request means, its seed, and its listener. Errors: 503 while the
// voice is loaded or the server ends; 404 for a voice that is not there.
tl::expected<Snapshot, ApiError> prepare_speech(const Context& context, const Request& asked,
                                                SpeechRequest& request);

// The answer that says so; with 503, when to come back.
Response refusal_to_speak(const ApiError& error);

// What the model is called, to clients.
std::string shown_model_name(const Snapshot& now);

// What all work that speaks has in common; its task is still to come.
Work work_of(const SpeechRequest& request, const speech::Synthesiser& synthesiser);

}  // namespace orpheus::http
