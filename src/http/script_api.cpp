#include "http/script_api.h"

#include <utility>

#include "http/errors.h"
#include "http/script_json.h"
#include "http/speech_api.h"
#include "http/speech_request.h"

namespace orpheus::http {
namespace {

Response script_response(const Snapshot& now, const SpeechRequest& request) {
  const auto script = now.synthesiser->script(request.speech);
  if (!script) return error_response(api_error(script.error()));
  return text_response(200, "application/json",
                       script_json(*script, request.speech.text)
                           .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

// A long text takes too long for the I/O thread.
Answer answer_script(const Context& context, const Request& asked) {
  auto request = parse_speech_request(asked.body, *context.live.now().options);
  if (!request) return error_response(request.error());
  auto now = prepare_speech(context, asked, *request);
  if (!now) return refusal_to_speak(now.error());
  const CancelToken cancel = request->speech.cancel;
  return Work{
      .cancel = cancel,
      .task = task_of([now = std::move(*now), request = std::move(*request)](ResponseWriter& out) {
        out.send(script_response(now, request));
      }),
      .kind = Work::Kind::kErrand};
}

}  // namespace

std::vector<Route> script_routes(const Context& context) {
  return {{"POST", "/v1/audio/script",
           [&context](const Request& request) { return answer_script(context, request); },
           Access::kKey}};
}

}  // namespace orpheus::http
