#pragma once
// Values of ElevenLabs' protocols. Pure functions.

#include <optional>

#include <nlohmann/json.hpp>

#include "http/character_times.h"
#include "http/errors.h"

namespace orpheus::http {

// {"characters": […], "character_start_times_seconds": […], "character_end_times_seconds": […]}.
nlohmann::ordered_json timestamps_json(const CharacterTimes& times);

// {"chars": […], "charStartTimesMs": […], "charDurationsMs": […]}: whole milliseconds from origin_s
// on.
nlohmann::ordered_json alignment_json(const CharacterTimes& times, double origin_s);

// {"detail": {"status": "voice_not_found", "message": …}}. An error of a key of the body is 422
// with a list: {"detail": [{"loc": ["body", "text"], "msg": …, "type": …}]}.
Response elevenlabs_error(const ApiError& error);

// An error in OpenAI's form in their form; another response as it is.
Response in_elevenlabs_form(Response response);

}  // namespace orpheus::http
