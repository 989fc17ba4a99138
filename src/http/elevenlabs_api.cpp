#include "http/elevenlabs_api.h"

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "http/elevenlabs_request.h"
#include "http/json_body.h"
#include "http/speech_api.h"

namespace orpheus::http {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kFolder = "/v1/text-to-speech/";

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// An error of a task, which has OpenAI's form, in ElevenLabs' form.
Response translated(Response response) {
  const Json body = Json::parse(response.body, nullptr, false);
  const auto error = body.is_object() ? body.find("error") : body.end();
  if (response.status < 400 || error == body.end() || !error->is_object()) return response;
  const Json code = error->value("code", Json());
  response.body = elevenlabs_error({.status = response.status,
                                    .message = error->value("message", ""),
                                    .code = code.is_string() ? code.get<std::string>() : ""})
                      .body;
  return response;
}

class TranslatingWriter final : public ResponseWriter {
 public:
  explicit TranslatingWriter(ResponseWriter& out) : out_(out) {}
  void send(Response response) override { out_.send(translated(std::move(response))); }
  void begin(Response head) override { out_.begin(std::move(head)); }
  bool write(std::span<const std::byte> bytes) override { return out_.write(bytes); }
  void finish() override { out_.finish(); }
  double seconds_held_up() const override { return out_.seconds_held_up(); }

 private:
  ResponseWriter& out_;
};

class TranslatingTask final : public Task {
 public:
  explicit TranslatingTask(std::unique_ptr<Task> task) : task_(std::move(task)) {}
  State step(ResponseWriter& out, const Wake& wake) override {
    TranslatingWriter writer(out);
    return task_->step(writer, wake);
  }

 private:
  std::unique_ptr<Task> task_;
};

struct Asked {
  std::string voice_id;
  Delivery delivery = Delivery::kWhole;
};

// Nothing for another path below the folder.
std::optional<Asked> read_path(std::string_view path) {
  path.remove_prefix(kFolder.size());
  const size_t slash = path.find('/');
  const std::string_view rest = slash == std::string_view::npos ? "" : path.substr(slash);
  if (path.substr(0, slash).empty() || (!rest.empty() && rest != "/stream")) return std::nullopt;
  return Asked{.voice_id = decoded_path(path.substr(0, slash)),
               .delivery = rest.empty() ? Delivery::kWhole : Delivery::kStream};
}

Answer answer_text_to_speech(const Context& context, const Request& asked) {
  const auto path = read_path(asked.path);
  if (!path) {
    return elevenlabs_error({.status = 404,
                             .message = "there is no such route (expected /v1/text-to-speech/VOICE "
                                        "or /v1/text-to-speech/VOICE/stream)",
                             .code = "not_found"});
  }
  auto request = parse_elevenlabs_request(path->voice_id, asked.query, asked.body,
                                          *context.live.now().options);
  if (!request) return elevenlabs_error(request.error());
  request->delivery = path->delivery;
  request->speech.is_heard_live = path->delivery == Delivery::kStream;
  auto work = speak(context, std::move(*request), asked);
  if (!work) {
    ApiError error = work.error();
    error.param.clear();  // the voice is not in the body
    Response refusal = elevenlabs_error(error);
    if (error.status == 503) refusal.set("Retry-After", "5");
    return refusal;
  }
  work->task = std::make_unique<TranslatingTask>(std::move(work->task));
  return std::move(*work);
}

}  // namespace

Response elevenlabs_error(const ApiError& error) {
  if (error.status == 400 && !error.param.empty()) {
    const Json detail = {{"loc", {"body", error.param}},
                         {"msg", error.message},
                         {"type", error.code.empty() ? "value_error" : error.code}};
    return text_response(422, "application/json", dump({{"detail", Json::array({detail})}}));
  }
  const Json detail = {{"status", error.code.empty() ? "error" : error.code},
                       {"message", error.message}};
  return text_response(error.status, "application/json", dump({{"detail", detail}}));
}

std::vector<Route> elevenlabs_routes(const Context& context) {
  return {{"POST", std::string(kFolder) + "*",
           [&context](const Request& request) { return answer_text_to_speech(context, request); },
           Access::kKey}};
}

}  // namespace orpheus::http
