#include "http/listing_api.h"

#include <chrono>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "http/speech_api.h"

namespace orpheus::http {
namespace {

using Json = nlohmann::ordered_json;

Response json_response(const Json& body) {
  return text_response(200, "application/json",
                       body.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::vector<prompt::Voice> voices_of(const Snapshot& now) {
  return now.synthesiser ? now.synthesiser->voices() : std::vector<prompt::Voice>();
}

// Clients want a list of models even while the model is loaded.
Response models(const Context& context, int64_t created) {
  const Json model = {{"id", shown_model_name(context.live.now())},
                      {"object", "model"},
                      {"created", created},
                      {"owned_by", "orpheus"}};
  return json_response({{"object", "list"}, {"data", Json::array({model})}});
}

// As Open WebUI reads it.
Response audio_models(const Context& context) {
  const std::string name = shown_model_name(context.live.now());
  return json_response({{"models", Json::array({Json{{"id", name}, {"name", name}}})}});
}

Json object_of(const prompt::Voice& voice) {
  return {{"id", voice.name},
          {"name", voice.name},
          {"language", voice.language},
          {"gender", voice.gender},
          {"description", voice.description}};
}

Response audio_voices(const Context& context, const Request& request) {
  const bool legacy = query_value(request.query, "legacy") == "true";
  Json voices = Json::array();
  for (const prompt::Voice& voice : voices_of(context.live.now())) {
    voices.push_back(legacy ? Json(voice.name) : object_of(voice));
  }
  return json_response({{"status", "ok"}, {"voices", voices}});
}

Response voices_with_default(const Context& context) {
  Json voices = Json::array();
  for (const prompt::Voice& voice : voices_of(context.live.now())) {
    Json object = object_of(voice);
    object["preview_url"] = nullptr;
    voices.push_back(std::move(object));
  }
  const Json first = voices.empty() ? Json() : voices.front()["id"];
  return json_response({{"voices", voices}, {"default", first}});
}

}  // namespace

std::vector<Route> listing_routes(const Context& context) {
  const int64_t created = std::chrono::duration_cast<std::chrono::seconds>(
                              std::chrono::system_clock::now().time_since_epoch())
                              .count();
  return {
      {"GET", "/v1/models",
       [&context, created](const Request& /*request*/) { return models(context, created); }},
      {"GET", "/v1/audio/models",
       [&context](const Request& /*request*/) { return audio_models(context); }},
      {"GET", "/v1/audio/voices",
       [&context](const Request& request) { return audio_voices(context, request); }},
      {"GET", "/v1/voices",
       [&context](const Request& /*request*/) { return voices_with_default(context); }},
  };
}

}  // namespace orpheus::http
