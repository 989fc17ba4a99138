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
    Words{"POST", "/v1/audio/speech", "Speech of a text, sent while it is being made",
          "SpeechRequest", "audio"},
    Words{"POST", "/v1/speech/audio", "The same as /v1/audio/speech, for older clients",
          "SpeechRequest", "audio"},
    Words{"POST", "/v1/audio/script",
          "What would be spoken: the words, and where each is written in the text",
          "SpeechRequest"},
    Words{"GET", "/v1/models", "The model, as OpenAI lists it"},
    Words{"GET", "/v1/models/*", "One model, or 404"},
    Words{"GET", "/v1/audio/models", "The model, as Open WebUI lists it"},
    Words{"GET", "/v1/audio/voices",
          "The voices: objects with id and name; with ?legacy=true their names alone"},
    Words{"GET", "/v1/audio/pronunciations", "The pronunciations of the server's lexicon"},
    Words{"GET", "/v1/voices", "The voices, and which one speaks where none is named"},
    Words{"POST", "/v1/completions", "Tokens for a prompt, for programs with a codec of their own",
          "CompletionRequest"},
    Words{"POST", "/tokenize", "The token ids of a text, as llama-server gives them",
          "TokenizeRequest"},
    Words{"POST", "/speak", "A speech as a file that the server keeps for a while", "SpeakRequest"},
    Words{"GET", "/outputs/*", "A kept speech; Range is answered", "", "audio/wav"},
    Words{"GET", "/get_config", "The settings that may be changed here, with their values"},
    Words{"POST", "/save_config", "Keeps settings for the next start or reload", "Settings"},
    Words{"POST", "/restart_server", "Takes kept settings into use; nobody is cut off"},
    Words{"GET", "/health", "Whether the server is well, its version and how long it has run"},
    Words{"GET", "/health/live", "200 as long as somebody answers"},
    Words{"GET", "/health/ready", "200 when speech can be made; 503 while loading or stopping"},
    Words{"GET", "/metrics", "What the server counts, as Prometheus reads it", "", "text/plain"},
    Words{"GET", "/openapi.json", "This description"},
    Words{"GET", "/docs", "This description, as a page", "", "text/html"},
    Words{"GET", "/", "A page for people", "", "text/html"},
    Words{"GET", "/web", "Leads to /web/, that page"},
    Words{"GET", "/web/facts", "What that page wants to know of the server"},
    Words{"GET", "/web/*", "What that page is made of", "", "*/*"},
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
  return {{"X-Seed", header("integer", "the seed: the request's, else the one that was drawn")},
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
    operation["description"] = "For this machine's own user, or whoever has an admin key.";
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
       {{"description", "an error, as OpenAI's clients know it"},
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
            {"description", "Speech as OpenAI's API has it, with the Orpheus voices."}}},
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
