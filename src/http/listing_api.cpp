#include "http/listing_api.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "http/errors.h"
#include "http/json_body.h"
#include "http/speech_api.h"
#include "text/sounds.h"

namespace orpheus::http {
namespace {

using Json = nlohmann::ordered_json;

Response json_response(const Json& body) {
  return text_response(200, "application/json",
                       body.dump(-1, ' ', false, Json::error_handler_t::replace));
}

Json model_object(const std::string& name, int64_t created) {
  return {{"id", name}, {"object", "model"}, {"created", created}, {"owned_by", "orpheus"}};
}

// What another orpheus needs to speak with this one's tokens; lm/remote/served_voice.h reads it.
Json voice_of(const speech::Synthesiser& synthesiser, const speech::VoiceFacts& facts) {
  const prompt::TokenLayout& ids = facts.layout;
  Json voices = Json::array();
  for (const prompt::Voice& voice : synthesiser.voices()) {
    voices.push_back({{"name", voice.name},
                      {"language", voice.language},
                      {"gender", voice.gender},
                      {"description", voice.description}});
  }
  return {{"voices", voices},
          {"audio_token_base", ids.audio_token_base},
          {"codebook_size", ids.codebook_size},
          {"begin_of_text", ids.begin_of_text},
          {"end_of_text", ids.end_of_text},
          {"start_of_speech", ids.start_of_speech},
          {"end_of_speech", ids.end_of_speech},
          {"start_of_human", ids.start_of_human},
          {"end_of_human", ids.end_of_human},
          {"start_of_ai", ids.start_of_ai},
          {"max_words", facts.habits.most_words},
          {"max_sentences", facts.habits.most_sentences},
          {"characters", facts.habits.characters},
          {"speaks_tags", facts.habits.speaks_tags},
          {"characters_per_second", facts.characters_per_second},
          {"synthetic", facts.is_synthetic}};
}

// ElevenLabs' list of models.
Response models_of_elevenlabs(const Snapshot& now) {
  Json languages = Json::array();
  std::vector<std::string> codes;
  if (now.synthesiser) {
    for (const prompt::Voice& voice : now.synthesiser->voices()) {
      if (std::find(codes.begin(), codes.end(), voice.language) != codes.end()) continue;
      codes.push_back(voice.language);
      languages.push_back({{"language_id", voice.language}, {"name", voice.language}});
    }
  }
  const std::string name = shown_model_name(now);
  return json_response(
      Json::array({Json{{"model_id", name},
                        {"name", name},
                        {"can_do_text_to_speech", true},
                        {"can_do_voice_conversion", false},
                        {"can_be_finetuned", false},
                        {"can_use_style", false},
                        {"can_use_speaker_boost", false},
                        {"serves_pro_voices", false},
                        {"maximum_text_length_per_request", now.options->max_input_code_points},
                        {"languages", std::move(languages)}}}));
}

// Clients need a list of models also while the model is loading. ElevenLabs' clients are known by
// their key's header.
Response models(const Context& context, const Request& request, int64_t created) {
  const Snapshot now = context.live.now();
  if (request.header("xi-api-key")) return models_of_elevenlabs(now);
  Json model = model_object(shown_model_name(now), created);
  if (!now.synthesiser) {
    model["orpheus"] = nullptr;  // the model is loaded: ask again
  } else if (const auto facts = now.synthesiser->voice_facts()) {
    model["orpheus"] = voice_of(*now.synthesiser, *facts);
  }
  return json_response({{"object", "list"}, {"data", Json::array({model})}});
}

Response model(const Context& context, const Request& request, int64_t created) {
  const std::string asked =
      decoded_path(std::string_view(request.path).substr(sizeof("/v1/models/") - 1));
  const std::string name = shown_model_name(context.live.now());
  if (asked.empty()) return models(context, request, created);
  if (asked == name) return json_response(model_object(name, created));
  return error_response(
      {.status = 404,
       .message = "there is no model " + excerpt(asked) + " (expected '" + name + "')",
       .param = "model",
       .code = "model_not_found"});
}

// The form that Open WebUI reads.
Response audio_models(const Context& context) {
  const std::string name = shown_model_name(context.live.now());
  return json_response({{"models", Json::array({Json{{"id", name}, {"name", name}}})}});
}

// The names of the sounds that a text may ask a voice for: "laugh" for <laugh>.
Json tags_of(const speech::Synthesiser& synthesiser, const prompt::Voice& voice) {
  Json tags = Json::array();
  if (!synthesiser.speaks_tags(voice.name)) return tags;
  for (const std::string_view sound : text::sounds_of(voice.language)) tags.push_back(sound);
  return tags;
}

// Every voice as an object; none while the model is loaded.
std::vector<Json> voices_of(const Context& context) {
  const Snapshot now = context.live.now();
  std::vector<Json> voices;
  if (!now.synthesiser) return voices;
  for (const prompt::Voice& voice : now.synthesiser->voices()) {
    voices.push_back(
        {{"id", voice.name},
         {"name", voice.name},
         {"language", voice.language},
         {"gender", voice.gender},
         {"description", voice.description},
         {"tags", tags_of(*now.synthesiser, voice)},
         {"characters_per_second", now.synthesiser->characters_per_second(voice.name)}});
  }
  return voices;
}

Response audio_voices(const Context& context, const Request& request) {
  const bool legacy = query_value(request.query, "legacy") == "true";
  Json voices = Json::array();
  for (Json& voice : voices_of(context)) {
    voices.push_back(legacy ? voice["name"] : std::move(voice));
  }
  return json_response({{"status", "ok"}, {"voices", voices}});
}

// With the keys that ElevenLabs' clients read.
Json of_elevenlabs_too(Json voice) {
  voice["voice_id"] = voice["id"];
  voice["category"] = "premade";
  voice["labels"] = {{"language", voice["language"]}, {"gender", voice["gender"]}};
  voice["preview_url"] = nullptr;
  return voice;
}

Response voices_with_default(const Context& context) {
  Json voices = Json::array();
  for (Json& voice : voices_of(context)) {
    voices.push_back(of_elevenlabs_too(std::move(voice)));
  }
  const Json first = voices.empty() ? Json() : voices.front()["id"];
  return json_response({{"voices", voices}, {"default", first}});
}

// ElevenLabs' list in pages, of which there is one.
Response voices_in_pages(const Context& context) {
  Json voices = Json::array();
  for (Json& voice : voices_of(context)) voices.push_back(of_elevenlabs_too(std::move(voice)));
  const size_t count = voices.size();
  return json_response({{"voices", std::move(voices)},
                        {"has_more", false},
                        {"total_count", count},
                        {"next_page_token", nullptr}});
}

Response pronunciations(const Context& context) {
  const Snapshot now = context.live.now();
  const auto lexicon = now.synthesiser ? now.synthesiser->lexicon() : nullptr;
  Json entries = Json::array();
  if (lexicon) {
    for (const text::Lexicon::Entry& entry : lexicon->entries()) {
      entries.push_back({{"written", entry.written},
                         {"spoken", entry.spoken},
                         {"exact", entry.is_exact},
                         {"language", entry.language},
                         {"voice", entry.voice}});
    }
  }
  return json_response({{"pronunciations", entries}});
}

}  // namespace

std::vector<Route> listing_routes(const Context& context) {
  const int64_t created = std::chrono::duration_cast<std::chrono::seconds>(
                              std::chrono::system_clock::now().time_since_epoch())
                              .count();
  return {
      {"GET", "/v1/models",
       [&context, created](const Request& request) { return models(context, request, created); }},
      {"GET", "/v1/models/*",
       [&context, created](const Request& request) { return model(context, request, created); }},
      {"GET", "/v1/audio/models",
       [&context](const Request& /*request*/) { return audio_models(context); }},
      {"GET", "/v1/audio/voices",
       [&context](const Request& request) { return audio_voices(context, request); }},
      {"GET", "/v1/audio/pronunciations",
       [&context](const Request& /*request*/) { return pronunciations(context); }},
      {"GET", "/v1/voices",
       [&context](const Request& /*request*/) { return voices_with_default(context); }},
      {"GET", "/v2/voices",
       [&context](const Request& /*request*/) { return voices_in_pages(context); }, Access::kOpen,
       Pace::kQuick, ErrorForm::kElevenLabs},
  };
}

}  // namespace orpheus::http
