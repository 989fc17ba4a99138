#pragma once
// JSON schemas of request bodies. speech_request.cpp and completions_api.cpp parse these bodies; a
// test compares schemas and parsers.

#include <nlohmann/json.hpp>

#include "http/options.h"

namespace orpheus::http {

// By name: SpeechRequest, SpeakRequest, CompletionRequest, Settings and Error.
nlohmann::ordered_json openapi_schemas(const Options& options);

}  // namespace orpheus::http
