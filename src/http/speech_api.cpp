#include "http/speech_api.h"

#include <memory>
#include <random>
#include <string>
#include <utility>

#include "audio/pcm.h"
#include "audio/wav.h"
#include "base/log.h"
#include "http/errors.h"
#include "http/speech_request.h"
#include "prompt/voices.h"

namespace orpheus::http {
namespace {

// 53 bits: a seed that JavaScript can send back as it read it.
uint64_t draw_seed() {
  std::random_device random;
  return (static_cast<uint64_t>(random()) << 32U | random()) >> 11U;
}

std::vector<std::byte> opening_bytes(AudioFormat format) {
  if (format != AudioFormat::kWav) return {};
  const auto header = audio::wav_header(speech::kSampleRateHz, std::nullopt);
  return {header.begin(), header.end()};
}

Response response_head(const SpeechRequest& request, const std::string& model) {
  Response head;
  head.set("Content-Type", content_type(request.format));
  head.set("X-Voice", request.speech.voice);
  head.set("X-Model", model);
  head.set("X-Seed", std::to_string(request.speech.sampling.seed));
  return head;
}

void speak(speech::Synthesiser& synthesiser, const SpeechRequest& request, const std::string& id,
           ResponseWriter& out) {
  bool began = false;
  const auto spoken = synthesiser.speak(request.speech, [&](std::span<const float> samples) {
    if (samples.empty()) return true;
    std::vector<std::byte> bytes;
    if (!began) {
      began = true;
      out.begin(response_head(request, synthesiser.model_name()));
      bytes = opening_bytes(request.format);
    }
    audio::append_int16_bytes(samples, bytes);
    return out.write(bytes);
  });

  if (!spoken && (began || http_status(spoken.error().kind) >= 500) &&
      spoken.error().kind != ErrorKind::kCancelled) {
    log::error("{}: {}", id, spoken.error().message());
  }
  if (began && spoken) {
    out.finish();
  } else if (!began && !spoken) {
    out.send(error_response(api_error(spoken.error())));
  } else if (!began) {
    out.send(error_response({.status = 500, .message = "the voice made no sound for this text"}));
  }
}

Answer answer_speech(const Options& options, speech::Synthesiser& synthesiser,
                     const Request& http_request) {
  auto request = parse_speech_request(http_request.body, options);
  if (!request) return error_response(request.error());

  auto voice = prompt::find_voice(synthesiser.voices(), request->speech.voice);
  if (!voice) {
    ApiError error = api_error(voice.error());
    error.param = "voice";
    error.code = "voice_not_found";
    return error_response(error);
  }
  request->speech.voice = std::move(voice->name);
  request->speech.sampling.seed = request->seed ? *request->seed : draw_seed();

  return Work{.cancel = request->speech.cancel,
              .run = [&synthesiser, request = std::move(*request), id = http_request.id](
                         ResponseWriter& out) { speak(synthesiser, request, id, out); }};
}

}  // namespace

std::vector<Route> speech_routes(const Options& options, speech::Synthesiser& synthesiser) {
  const Handler handler = [options, &synthesiser](const Request& request) {
    return answer_speech(options, synthesiser, request);
  };
  return {{"POST", "/v1/audio/speech", handler}, {"POST", "/v1/speech/audio", handler}};
}

}  // namespace orpheus::http
