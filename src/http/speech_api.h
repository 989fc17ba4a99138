#pragma once
// POST /v1/audio/speech, and its older name /v1/speech/audio: text in, sound out while it is
// made.

#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "http/answer.h"
#include "http/context.h"
#include "http/router.h"
#include "http/speech_request.h"

namespace orpheus::http {

// The context must outlive the routes. The status 200 is sent with the first sound. Earlier
// failures have their own status (speech_request.h, and http_status of the speech's error); a
// speech without a sample is 500. X-Voice, X-Model and X-Seed name the voice, model and seed. A
// whole response has X-Generation-Time-Ms.
std::vector<Route> speech_routes(const Context& context);

// For every route that speaks.

// Resolves a request's voice, model, seed and listener. Errors: 503 while the voice is loading or
// the server is stopping; 404 for an unknown voice.
tl::expected<Snapshot, ApiError> prepare_speech(const Context& context, const Request& asked,
                                                SpeechRequest& request);

// The response for an error; a 503 has Retry-After.
Response refusal_to_speak(const ApiError& error);

// The model's name for clients.
std::string shown_model_name(const Snapshot& now);

// Speaks a request that was parsed: the route's answer, or the error before any work.
tl::expected<Work, ApiError> speak(const Context& context, SpeechRequest request,
                                   const Request& asked);

// What all work that speaks has in common; its task is still to come.
Work work_of(const SpeechRequest& request, const speech::Synthesiser& synthesiser);

}  // namespace orpheus::http
