#include "http/elevenlabs_json.h"

#include <cmath>
#include <cstdint>
#include <utility>

namespace orpheus::http {
namespace {

using Json = nlohmann::ordered_json;

int64_t milliseconds(double seconds) { return std::llround(seconds * 1000); }

Json rounded(const std::vector<double>& seconds) {
  Json values = Json::array();
  for (const double value : seconds)
    values.push_back(static_cast<double>(milliseconds(value)) / 1000);
  return values;
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Json timestamps_json(const CharacterTimes& times) {
  return {{"characters", times.characters},
          {"character_start_times_seconds", rounded(times.start_s)},
          {"character_end_times_seconds", rounded(times.end_s)}};
}

Json alignment_json(const CharacterTimes& times, double origin_s) {
  Json starts = Json::array();
  Json durations = Json::array();
  for (size_t i = 0; i < times.characters.size(); ++i) {
    const int64_t start = milliseconds(times.start_s[i] - origin_s);
    starts.push_back(start);
    durations.push_back(milliseconds(times.end_s[i] - origin_s) - start);
  }
  return {{"chars", times.characters},
          {"charStartTimesMs", std::move(starts)},
          {"charDurationsMs", std::move(durations)}};
}

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

Response in_elevenlabs_form(Response response) {
  auto error = error_of(response);
  if (!error) return response;
  error->param.clear();
  response.body = elevenlabs_error(*error).body;
  return response;
}

}  // namespace orpheus::http
