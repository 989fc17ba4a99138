#include "http/openapi_schemas.h"

#include <string>

#include "audio/format.h"
#include "http/speech_request.h"

namespace orpheus::http {
namespace {

using Json = nlohmann::ordered_json;

// For both speech and completions.
constexpr const char* kSampling = R"({
  "temperature": {"type": "number", "minimum": 0, "maximum": 2,
    "description": "0 always takes the likeliest token; the default is the voice's own"},
  "top_p": {"type": "number", "minimum": 0, "maximum": 1,
    "description": "choose among the likeliest that make up this share; the default is the voice's own"},
  "top_k": {"type": "integer", "minimum": 0, "maximum": 2147483647,
    "description": "choose among this many; 0 is all; the default is the voice's own"},
  "min_p": {"type": "number", "minimum": 0, "maximum": 1,
    "description": "leave out what is less likely than this share of the likeliest; the default is the voice's own"},
  "repetition_penalty": {"type": "number", "minimum": 0.1, "maximum": 10,
    "description": "above 1.1 a large voice speaks faster; the default is the voice's own"},
  "seed": {"type": "integer", "minimum": 0, "maximum": 9223372036854775807,
    "description": "on a CPU the same seed gives the same answer; X-Seed says which one is drawn without it"},
  "max_tokens": {"type": "integer", "minimum": 1,
    "description": "at most; 82 are a second of speech"}
})";

constexpr const char* kSpeech = R"({
  "input": {"type": "string", "minLength": 1, "description": "the text to speak"},
  "voice": {"description": "the first voice where it is left out; OpenAI's names are known too",
    "oneOf": [{"type": "string"},
              {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}]},
  "model": {"type": "string", "description": "any name: there is one model"},
  "instructions": {"type": "string", "description": "taken, and left alone: the voice has its own way"},
  "response_format": {"type": "string"},
  "speed": {"type": "number", "minimum": 0.25, "maximum": 4, "default": 1,
    "description": "of the tempo; the pitch stays"},
  "stream_format": {"type": "string", "enum": ["audio", "sse"], "default": "audio",
    "description": "sse sends server-sent events that carry the sound"},
  "stream": {"type": "boolean", "default": true,
    "description": "false sends the answer in one piece, with its length"},
  "language": {"type": "string", "description": "of the text, by ISO 639-1; the voice's without it"},
  "normalize": {"type": "boolean", "default": true,
    "description": "false leaves numbers and the like as they are written"},
  "input_format": {"type": "string", "enum": ["plain", "markdown", "html", "ssml", "auto"], "default": "plain",
    "description": "of the text; plain text has its Markdown signs and HTML tags left out too"},
  "pronunciations": {"type": "object", "additionalProperties": {"type": "string"},
    "description": "words, and how they are written for the voice"},
  "cast": {"type": "object", "additionalProperties": {"type": "string"},
    "description": "speakers and their voices, for lines such as 'Leo: …'"},
  "emoji": {"type": "string", "enum": ["drop", "name"], "default": "drop"},
  "code": {"type": "boolean", "default": true, "description": "false leaves blocks of code out"},
  "thoughts": {"type": "boolean", "default": false, "description": "true speaks <think>…</think> too"},
  "strict_tags": {"type": "boolean", "default": false,
    "description": "true refuses a tag that is not known; else it is read as its words"},
  "progress": {"type": "boolean", "default": false,
    "description": "with sse: events say which part of the text is heard"},
  "file_format": {"type": "string",
    "description": "with sse: events orpheus.speech.file carry the same sound in this format too"}
})";

constexpr const char* kCompletion = R"({
  "prompt": {"description": "token ids, or a text in which <custom_token_3> and the like are tokens",
    "oneOf": [{"type": "array", "items": {"type": "integer", "minimum": 0}}, {"type": "string"}]},
  "model": {"type": "string", "description": "any name: there is one model"},
  "repeat_penalty": {"type": "number", "minimum": 0.1, "maximum": 10,
    "description": "another name of repetition_penalty"},
  "ignore_eos": {"type": "boolean", "default": false, "description": "go on behind the end of speech"},
  "stream": {"type": "boolean", "default": false, "description": "an event for each token"}
})";

constexpr const char* kTokenize = R"({
  "content": {"type": "string"},
  "parse_special": {"type": "boolean", "default": true,
    "description": "<custom_token_3> and the like are tokens, else letters"}
})";

constexpr const char* kError = R"({
  "type": "object",
  "required": ["error"],
  "properties": {"error": {
    "type": "object",
    "required": ["message", "type", "param", "code"],
    "properties": {
      "message": {"type": "string"},
      "type": {"type": "string"},
      "param": {"type": ["string", "null"]},
      "code": {"type": ["string", "null"]}}}}
})";

Json formats() {
  Json names = Json::array();
  for (const audio::Format format : audio::all_formats()) {
    if (audio::can_encode(format)) names.push_back(audio::name_of(format));
  }
  return names;
}

Json with_sampling(Json properties, const Options& options) {
  const Json sampling = Json::parse(kSampling);
  properties.insert(sampling.begin(), sampling.end());
  // Without a setting, the default is the voice's own.
  if (options.sampling.temperature)
    properties["temperature"]["default"] = *options.sampling.temperature;
  if (options.sampling.top_p) properties["top_p"]["default"] = *options.sampling.top_p;
  properties["max_tokens"]["maximum"] = options.max_tokens;
  return properties;
}

Json object_of(Json properties, const std::string& required) {
  return {{"type", "object"},
          {"required", Json::array({required})},
          {"properties", std::move(properties)}};
}

}  // namespace

Json openapi_schemas(const Options& options) {
  Json speech = with_sampling(Json::parse(kSpeech), options);
  speech["max_tokens"]["minimum"] = kLeastSpeechTokens;
  speech["input"]["maxLength"] = options.max_input_code_points;
  speech["response_format"]["enum"] = formats();
  speech["response_format"]["default"] = formats().front();
  speech["file_format"]["enum"] = formats();

  Json speak = {{"text", speech["input"]}};  // a kept file is a complete wav
  for (const auto& [key, schema] : speech.items()) {
    if (key != "input" && key != "response_format" && key != "stream_format" && key != "stream" &&
        key != "file_format") {
      speak[key] = schema;
    }
  }
  return {
      {"SpeechRequest", object_of(std::move(speech), "input")},
      {"SpeakRequest", object_of(std::move(speak), "text")},
      {"CompletionRequest", object_of(with_sampling(Json::parse(kCompletion), options), "prompt")},
      {"TokenizeRequest", object_of(Json::parse(kTokenize), "content")},
      {"Settings",
       {{"type", "object"},
        {"description", "variables by their names, as GET /get_config lists them"},
        {"additionalProperties", {{"type", Json::array({"string", "number", "boolean"})}}}}},
      {"Error", Json::parse(kError)}};
}

}  // namespace orpheus::http
