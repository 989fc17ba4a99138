#pragma once
// POST /v1/audio/speech, and /v1/speech/audio as older clients call it: text in, sound out while it
// is being made.

#include <chrono>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "http/context.h"
#include "http/router.h"
#include "http/speech_request.h"

namespace orpheus::http {

// The context must outlive the routes. Answers 200 with the first sound and not before: what fails
// until then has its own status (speech_request.h, and http_status of what speak() returns), a
// speech without a sample is 500. X-Voice, X-Model and X-Seed say what spoke; X-Generation-Time-Ms,
// of an answer in one piece, how long it took.
std::vector<Route> speech_routes(const Context& context);

// For every route that speaks.

// The voice and the model that a request means, and a seed. Errors: 503 while the voice is loaded
// or the server ends; 404 for a voice that is not there.
tl::expected<Snapshot, ApiError> prepare_speech(const Context& context, SpeechRequest& request);

// The answer that says so; with 503, when to come back.
Response refusal_to_speak(const ApiError& error);

// What the model is called, to clients.
std::string shown_model_name(const Snapshot& now);

// Speaks, and counts what is spoken. Result and errors are the synthesiser's.
Result<speech::Summary> speak_counted(const Context& context, const Snapshot& now,
                                      const speech::Request& speech,
                                      std::chrono::steady_clock::time_point received,
                                      const speech::SampleSink& sink);

}  // namespace orpheus::http
