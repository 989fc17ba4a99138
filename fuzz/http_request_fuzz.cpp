// Input: any bytes as the body of a speech request. The result is a request within all limits, or
// an error response. Never a crash.

#include <cstdint>

#include "base/utf8.h"
#include "http/errors.h"
#include "http/json_body.h"
#include "http/speech_request.h"
#include "require.h"

namespace {

bool within(float value, float least, float most) { return value >= least && value <= most; }

void check_request(const orpheus::http::SpeechRequest& request,
                   const orpheus::http::Options& options) {
  const auto& speech = request.speech;
  require(!speech.text.empty());
  require(!orpheus::find_invalid_utf8(speech.text));
  require(orpheus::count_code_points(speech.text) <= options.max_input_code_points);
  require(!orpheus::find_invalid_utf8(speech.voice));
  require(speech.max_tokens >= 1 && speech.max_tokens <= options.max_tokens);
  const orpheus::lm::Sampling sampling = speech.sampling.over({});
  require(within(sampling.temperature, 0, 2));
  require(within(sampling.top_p, 0, 1));
  require(within(sampling.min_p, 0, 1));
  require(within(sampling.repetition_penalty, 0.1F, 10));
  require(sampling.top_k >= 0);
}

void check_error(const orpheus::http::ApiError& error) {
  require(error.status == 400 && !error.message.empty() && !error.code.empty());
  require(error.message.size() < 500);
  const std::string body = orpheus::http::error_response(error).body;
  require(orpheus::http::JsonBody::parse(body).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  orpheus::http::Options options;
  options.max_input_code_points = 100;
  const auto request =
      orpheus::http::parse_speech_request({reinterpret_cast<const char*>(data), size}, options);
  if (request) {
    check_request(*request, options);
  } else {
    check_error(request.error());
  }
  return 0;
}
