#include "http/openapi.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "audio/format.h"
#include "http/docs_page.h"
#include "http/openapi_schemas.h"

namespace orpheus::http {
namespace {

using Json = nlohmann::ordered_json;

struct Words {
  std::string_view method;
  std::string_view path;
  std::string_view summary;
  std::string_view body = {};  // the schema of the request's body
  std::string_view answer =
      "application/json";  // content type of a 200; "audio": a sound or events
};

constexpr std::array kWords = {
    Words{"POST", "/v1/audio/speech",
          "Converts a text to speech; the sound is streamed as it is generated", "SpeechRequest",
          "audio"},
    Words{"POST", "/v1/speech/audio", "The same as /v1/audio/speech, for older clients",
          "SpeechRequest", "audio"},
    Words{"GET", "/v1/audio/speech/stream",
          "A WebSocket: text in parts, and its speech while the text arrives"},
    Words{"POST", "/v1/text-to-speech/*",
          "Converts a text to speech, in ElevenLabs' form: /v1/text-to-speech/VOICE, with /stream, "
          "/with-timestamps or both behind it",
          "ElevenLabsRequest", "audio"},
    Words{"GET", "/v1/text-to-speech/*",
          "ElevenLabs' WebSockets: /v1/text-to-speech/VOICE/stream-input and /multi-stream-input"},
    Words{"POST", "/dev/captioned_speech",
          "Converts a text to speech with the times of its words, in Kokoro-FastAPI's form",
          "CaptionedSpeechRequest"},
    Words{"POST", "/v1/audio/script",
          "Returns the words that would be spoken, with their positions in the text",
          "SpeechRequest"},
    Words{"GET", "/v1/models", "The model, as OpenAI lists it"},
    Words{"GET", "/v1/models/*", "One model, or 404"},
    Words{"GET", "/v1/audio/models", "The model, as Open WebUI lists it"},
    Words{"GET", "/v1/audio/voices",
          "The voices as objects with id and name; with ?legacy=true, their names only"},
    Words{"GET", "/v1/audio/pronunciations", "The pronunciations of the server's lexicon"},
    Words{"GET", "/v1/voices", "The voices and the default voice"},
    Words{"GET", "/v2/voices", "The voices, as ElevenLabs lists them"},
    Words{"POST", "/v1/completions", "Generates tokens for a prompt, for clients that have a codec",
          "CompletionRequest"},
    Words{"POST", "/tokenize", "The token ids of a text, in llama-server's format",
          "TokenizeRequest"},
    Words{"POST", "/speak", "Converts a text to a sound file, which the server keeps for a while",
          "SpeakRequest"},
    Words{"GET", "/outputs/*", "A kept sound file; supports Range", "", "audio/wav"},
    Words{"GET", "/get_config",
          "The settings that POST /save_config can change, with their values"},
    Words{"POST", "/save_config", "Saves settings for the next start or reload", "Settings"},
    Words{"POST", "/restart_server",
          "Reloads the settings without interrupting requests in progress"},
    Words{"GET", "/health", "The server's state, version and uptime"},
    Words{"GET", "/health/live", "200 while the server runs"},
    Words{"GET", "/health/ready",
          "200 when the server can speak; 503 while it is loading or stopping"},
    Words{"GET", "/metrics", "Metrics in Prometheus' text format", "", "text/plain"},
    Words{"GET", "/openapi.json", "This description"},
    Words{"GET", "/docs", "This description, as a page", "", "text/html"},
    Words{"GET", "/", "The web page", "", "text/html"},
    Words{"GET", "/web", "Redirects to the web page"},
    Words{"GET", "/web/facts", "Facts about the server for the web page"},
    Words{"GET", "/web/*", "Files of the web page", "", "*/*"},
};

const Words* words_of(const Route& route) {
  const auto* const found = std::find_if(kWords.begin(), kWords.end(), [&](const Words& words) {
    return words.method == route.method && words.path == route.path;
  });
  return found == kWords.end() ? nullptr : found;
}

Json reference(std::string_view schema) {
  return {{"$ref", "#/components/schemas/" + std::string(schema)}};
}

Json content_of(std::string_view answer) {
  if (answer != "audio") return {{std::string(answer), Json::object()}};
  Json content;
  for (const audio::Format format : audio::all_formats()) {
    if (audio::can_encode(format))
      content[std::string(audio::content_type(format))] = Json::object();
  }
  content["text/event-stream"] = Json::object();
  return content;
}

// A speech's response headers.
Json headers_of_speech() {
  const auto header = [](std::string_view type, std::string_view words) {
    return Json{{"description", words}, {"schema", {{"type", type}}}};
  };
  return {
      {"X-Seed", header("integer", "the seed of the request, or the random seed if it had none")},
      {"X-Voice", header("string", "the voice that speaks")},
      {"X-Model", header("string", "the model")},
      {"X-Sample-Rate", header("integer", "in Hz")}};
}

Json security_of(Access access) {
  const Json key = {{"key", Json::array()}};
  if (access == Access::kOpen) return Json::array();
  return Json::array({Json::object(), key});  // with a key, if the server has any
}

Json operation_of(const Route& route) {
  Json operation = Json::object();
  const Words* words = words_of(route);
  operation["summary"] = words == nullptr ? "" : words->summary;
  operation["security"] = security_of(route.access);
  if (route.access == Access::kAdmin) {
    operation["description"] =
        "Needs an admin key, or without one the token of this machine's user.";
  }
  if (route.path.ends_with("/*")) {
    operation["parameters"] = Json::array(
        {{{"name", "name"}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}}});
  }
  if (words != nullptr && !words->body.empty()) {
    operation["requestBody"] = {
        {"required", true},
        {"content", {{"application/json", {{"schema", reference(words->body)}}}}}};
  }
  operation["responses"] = {
      {"200",
       {{"description", "done"},
        {"content", content_of(words == nullptr ? "*/*" : words->answer)}}},
      {"default",
       {{"description", "an error in OpenAI's format"},
        {"content", {{"application/json", {{"schema", reference("Error")}}}}}}}};
  if (words != nullptr && words->answer == "audio")
    operation["responses"]["200"]["headers"] = headers_of_speech();
  return operation;
}

// "/outputs/*" is /outputs/{name}.
std::string path_of(const Route& route) {
  if (!route.path.ends_with("/*")) return route.path;
  return route.path.substr(0, route.path.size() - 1) + "{name}";
}

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

}  // namespace

Json openapi_of(const std::vector<Route>& routes, const Options& options) {
  Json paths = Json::object();
  for (const Route& route : routes)
    paths[path_of(route)][lower(route.method)] = operation_of(route);
  return {{"openapi", "3.1.0"},
          {"info",
           {{"title", "orpheus"},
            {"version", ORPHEUS_VERSION},
            {"description", "OpenAI's speech API with the Orpheus voices."}}},
          {"servers", Json::array({{{"url", "/"}}})},
          {"paths", std::move(paths)},
          {"components",
           {{"securitySchemes", {{"key", {{"type", "http"}, {"scheme", "bearer"}}}}},
            {"schemas", openapi_schemas(options)}}}};
}

std::vector<Route> openapi_routes(const Context& context, const std::vector<Route>& others) {
  std::vector<Route> described = others;
  described.push_back({"GET", "/openapi.json", {}});
  described.push_back({"GET", "/docs", {}});
  for (Route& route : described) route.handler = {};  // not needed for the description
  const auto document = [&context, described] {
    return openapi_of(described, *context.live.now().options);
  };
  return {{"GET", "/openapi.json",
           [document](const Request& /*request*/) {
             return text_response(200, "application/json", document().dump(2));
           },
           Access::kOpen, Pace::kSlow},
          {"GET", "/docs", [document](const Request& /*request*/) { return docs_page(document()); },
           Access::kOpen, Pace::kSlow}};
}

}  // namespace orpheus::http
