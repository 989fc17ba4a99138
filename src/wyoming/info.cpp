#include "wyoming/info.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "http/speech_api.h"
#include "prompt/voices.h"

namespace orpheus::wyoming {
namespace {

using Json = nlohmann::ordered_json;

// Clients list voices by language; one without a language would be in no list.
constexpr const char* kUsualLanguage = "en";

// Clients show it in place of the name: "tara (female, conversational)".
std::string description_of(const prompt::Voice& voice) {
  std::string facts = voice.gender;
  if (!voice.description.empty()) facts += (facts.empty() ? "" : ", ") + voice.description;
  return facts.empty() ? voice.name : voice.name + " (" + facts + ")";
}

Json attribution_of(const prompt::Voice& voice, const std::string& model_name) {
  const auto published = prompt::published_voices();
  const bool is_published =
      std::any_of(published.begin(), published.end(),
                  [&](const prompt::Voice& other) { return other.name == voice.name; });
  if (is_published)
    return {{"name", "Canopy Labs"}, {"url", "https://github.com/canopyai/Orpheus-TTS"}};
  return {{"name", model_name}, {"url", ""}};
}

}  // namespace

std::string described_language(const prompt::Voice& voice) {
  return voice.language.empty() ? kUsualLanguage : voice.language;
}

std::string info_data(const http::Snapshot& now) {
  const std::string model_name = http::shown_model_name(now);
  Json voices = Json::array();
  for (const prompt::Voice& voice : now.synthesiser->voices()) {
    voices.push_back({{"name", voice.name},
                      {"description", description_of(voice)},
                      {"attribution", attribution_of(voice, model_name)},
                      {"installed", true},
                      {"version", ORPHEUS_VERSION},
                      {"languages", Json::array({described_language(voice)})},
                      {"speakers", nullptr}});
  }
  const Json program = {{"name", "orpheus"},
                        {"description", model_name},
                        {"attribution", {{"name", "orpheus.cpp"}, {"url", ""}}},
                        {"installed", true},
                        {"version", ORPHEUS_VERSION},
                        {"voices", std::move(voices)},
                        {"supports_synthesize_streaming", true}};
  Json info = {{"tts", Json::array({program})}};
  for (const char* kind : {"asr", "handle", "intent", "wake", "mic", "snd"})
    info[kind] = Json::array();
  return info.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace orpheus::wyoming
