#pragma once
// POST /v1/audio/speech, and /v1/speech/audio as older clients call it: text in, sound out while it
// is being made.

#include <vector>

#include "http/options.h"
#include "http/router.h"
#include "speech/synthesiser.h"

namespace orpheus::http {

// The synthesiser must outlive the routes. Answers 200 with the first sample and not before: what
// fails until then has its own status (speech_request.h, and http_status of what speak() returns),
// a speech without a sample is 500. X-Voice, X-Model and X-Seed say what spoke.
std::vector<Route> speech_routes(const Options& options, speech::Synthesiser& synthesiser);

}  // namespace orpheus::http
