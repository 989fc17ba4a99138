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
    "description": "sample from the likeliest tokens whose probabilities add up to this; the default is the voice's own"},
  "top_k": {"type": "integer", "minimum": 0, "maximum": 2147483647,
    "description": "sample from this many likeliest tokens; 0: all; the default is the voice's own"},
  "min_p": {"type": "number", "minimum": 0, "maximum": 1,
    "description": "drop tokens below this share of the likeliest token's probability; the default is the voice's own"},
  "repetition_penalty": {"type": "number", "minimum": 0.1, "maximum": 10,
    "description": "higher values make a large voice speak faster; the default is the voice's own"},
  "seed": {"type": "integer", "minimum": 0, "maximum": 9223372036854775807,
    "description": "on a CPU with AVX2 the same seed gives the same response; without it, X-Seed returns the random seed"},
  "max_tokens": {"type": "integer", "minimum": 1,
    "description": "most audio tokens; 82 make one second of speech"}
})";

constexpr const char* kSpeech = R"({
  "input": {"type": "string", "minLength": 1, "description": "the text to speak"},
  "voice": {"description": "default: the first voice; OpenAI's voice names are accepted too",
    "oneOf": [{"type": "string"},
              {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}]},
  "model": {"type": "string", "description": "accepted and ignored: the server has one model"},
  "instructions": {"type": "string", "description": "accepted and ignored"},
  "response_format": {"type": "string"},
  "speed": {"type": "number", "minimum": 0.25, "maximum": 4, "default": 1,
    "description": "tempo factor; the pitch stays"},
  "sample_rate": {"type": "integer", "minimum": 8000, "maximum": 48000,
    "description": "in Hz; the default is the server's, and 8000 for ulaw and alaw"},
  "stream_format": {"type": "string", "enum": ["audio", "sse"], "default": "audio",
    "description": "sse: the sound is sent in server-sent events"},
  "stream": {"type": "boolean", "default": true,
    "description": "false: one complete response with a Content-Length"},
  "language": {"type": "string", "description": "language of the text, ISO 639-1; default: the voice's"},
  "normalize": {"type": "boolean", "default": true,
    "description": "false: numbers, dates and units are not written out as words"},
  "input_format": {"type": "string", "enum": ["plain", "markdown", "html", "ssml", "auto"], "default": "plain",
    "description": "format of the text; plain also drops Markdown signs and HTML tags"},
  "pronunciations": {"type": "object", "additionalProperties": {"type": "string"},
    "description": "words and the spelling to speak them by"},
  "cast": {"type": "object", "additionalProperties": {"type": "string"},
    "description": "speakers and their voices, for lines such as 'Leo: …'"},
  "emoji": {"type": "string", "enum": ["drop", "name"], "default": "drop"},
  "code": {"type": "boolean", "default": true, "description": "false: code blocks are skipped"},
  "thoughts": {"type": "boolean", "default": false, "description": "true: <think>…</think> is spoken too"},
  "strict_tags": {"type": "boolean", "default": false,
    "description": "true: unknown tags are refused; false: they are read as words"},
  "progress": {"type": "boolean", "default": false,
    "description": "with sse: events report which part of the text is spoken"},
  "words": {"type": "boolean", "default": false,
    "description": "events orpheus.speech.words report when each word is spoken; with stream false, the response is JSON with the words and the sound in base64"},
  "file_format": {"type": "string",
    "description": "with sse: events orpheus.speech.file also carry the sound in this format"}
})";

constexpr const char* kCompletion = R"({
  "prompt": {"description": "token ids, or a text; special tokens such as <custom_token_3> are recognised in it",
    "oneOf": [{"type": "array", "items": {"type": "integer", "minimum": 0}}, {"type": "string"}]},
  "model": {"type": "string", "description": "accepted and ignored: the server has one model"},
  "repeat_penalty": {"type": "number", "minimum": 0.1, "maximum": 10,
    "description": "same as repetition_penalty"},
  "ignore_eos": {"type": "boolean", "default": false, "description": "continue after the end-of-speech token"},
  "stream": {"type": "boolean", "default": false, "description": "send an event for each token"}
})";

constexpr const char* kElevenLabs = R"({
  "text": {"type": "string", "minLength": 1, "description": "the text to speak"},
  "seed": {"type": "integer", "minimum": 0, "maximum": 9223372036854775807},
  "language_code": {"type": "string", "description": "language of the text, ISO 639-1; default: the voice's"},
  "apply_text_normalization": {"type": "string", "enum": ["auto", "on", "off"], "default": "auto"},
  "voice_settings": {"type": "object", "properties": {
    "speed": {"type": "number", "minimum": 0.25, "maximum": 4, "default": 1}}},
  "model_id": {"type": "string", "description": "accepted and ignored: the server has one model"}
})";

constexpr const char* kTokenize = R"({
  "content": {"type": "string"},
  "parse_special": {"type": "boolean", "default": true,
    "description": "true: special tokens such as <custom_token_3> are recognised; false: they are plain text"}
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

  Json captioned;
  for (const auto& [key, schema] : speech.items()) {
    if (key != "stream_format" && key != "words" && key != "progress" && key != "file_format")
      captioned[key] = schema;
  }
  captioned["stream"]["description"] =
      "true: one JSON object a line while the speech is made; false: one object";
  captioned["return_timestamps"] = {{"type", "boolean"}, {"default", true}};
  captioned["lang_code"] = {{"type", "string"},
                            {"description", "a letter, as in Kokoro: a, e, f, …"}};
  Json speak = {{"text", speech["input"]}};  // a kept file is a complete wav
  for (const auto& [key, schema] : speech.items()) {
    if (key != "input" && key != "response_format" && key != "stream_format" && key != "stream" &&
        key != "words" && key != "file_format") {
      speak[key] = schema;
    }
  }
  return {
      {"SpeechRequest", object_of(std::move(speech), "input")},
      {"CaptionedSpeechRequest", object_of(std::move(captioned), "input")},
      {"SpeakRequest", object_of(std::move(speak), "text")},
      {"CompletionRequest", object_of(with_sampling(Json::parse(kCompletion), options), "prompt")},
      {"ElevenLabsRequest", object_of(Json::parse(kElevenLabs), "text")},
      {"TokenizeRequest", object_of(Json::parse(kTokenize), "content")},
      {"Settings",
       {{"type", "object"},
        {"description", "values by variable name, as in GET /get_config"},
        {"additionalProperties", {{"type", Json::array({"string", "number", "boolean"})}}}}},
      {"Error", Json::parse(kError)}};
}

}  // namespace orpheus::http
