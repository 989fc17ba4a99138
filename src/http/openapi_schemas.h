#pragma once
// The shapes of what is posted, as JSON schemas. speech_request.cpp and completions_api.cpp read
// them; a test holds both against each other.

#include <nlohmann/json.hpp>

#include "http/options.h"

namespace orpheus::http {

// By their names: SpeechRequest, SpeakRequest, CompletionRequest, Settings and Error.
nlohmann::ordered_json openapi_schemas(const Options& options);

}  // namespace orpheus::http
