#include "http/kept_speech_api.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "audio/wav.h"
#include "base/atomic_file.h"
#include "base/log.h"
#include "base/utf8.h"
#include "http/byte_range.h"
#include "http/json_body.h"
#include "http/speech_api.h"
#include "http/speech_body.h"

namespace orpheus::http {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kFolder = "/outputs/";

// Speaks into a file that appears when it is whole.
Result<void> speak_into(const Context& context, const Snapshot& now, const SpeechRequest& request,
                        Clock::time_point received, const std::filesystem::path& path) {
  ORPHEUS_TRY(auto body, SpeechBody::open(request, now.options->sample_rate_hz));
  ORPHEUS_TRY(AtomicFile file, AtomicFile::create(path));
  Result<void> written;
  uint64_t num_bytes = 0;
  const auto put = [&](const std::vector<std::byte>& bytes) {
    num_bytes += bytes.size();
    written = file.write(bytes);
    return written.has_value();
  };
  const auto spoken =
      speak_counted(context, now, request.speech, received, [&](std::span<const float> samples) {
        std::vector<std::byte> bytes;
        written = body.push(samples, bytes);
        return written && put(bytes);
      });
  ORPHEUS_CHECK(written);
  ORPHEUS_CHECK(spoken);
  std::vector<std::byte> bytes;
  ORPHEUS_CHECK(body.finish(*spoken, bytes));
  if (!put(bytes)) return written;
  const auto num_samples = static_cast<int64_t>((num_bytes - audio::kWavHeaderBytes) / 2);
  ORPHEUS_CHECK(file.write_at(0, audio::wav_header(now.options->sample_rate_hz, num_samples)));
  return file.commit();
}

void answer_spoken(const Snapshot& now, const SpeechRequest& request, const std::string& name,
                   Clock::time_point received, ResponseWriter& out) {
  const auto taken = std::chrono::duration<double>(Clock::now() - received).count();
  const auto created = std::chrono::duration_cast<std::chrono::seconds>(
                           std::chrono::system_clock::now().time_since_epoch())
                           .count();
  const nlohmann::ordered_json body = {
      {"status", "ok"},
      {"id", name.substr(0, name.find('-') + 17)},  // "speech-" and 16 digits
      {"object", "audio.speech"},
      {"created", created},
      {"voice", request.speech.voice},
      {"output_file", "outputs/" + name},
      {"generation_time", std::round(taken * 100) / 100},
      {"generation_time_ms", std::llround(taken * 1000)}};
  Response response = text_response(200, "application/json", body.dump());
  response.set("X-Generation-Time-Ms", std::to_string(std::llround(taken * 1000)));
  response.set("X-Voice", request.speech.voice);
  response.set("X-Model", shown_model_name(now));
  response.set("X-Seed", std::to_string(request.speech.sampling.seed));
  out.send(std::move(response));
}

Answer answer_speak(const Context& context, const std::shared_ptr<Outputs>& outputs,
                    const Request& asked) {
  auto request = parse_speech_request(asked.body, *context.live.now().options, "text");
  if (!request) return error_response(request.error());
  request->format = audio::Format::kWav;
  request->delivery = Delivery::kStream;
  auto now = prepare_speech(context, *request);
  if (!now) return refusal_to_speak(now.error());
  return Work{.cancel = request->speech.cancel,
              .run = [&context, outputs, now = std::move(*now), request = std::move(*request),
                      id = asked.id, received = asked.received](ResponseWriter& out) {
                const std::string name = Outputs::fresh_name();
                Result<void> done = outputs->prepare();
                if (done) {
                  done = speak_into(context, now, request, received, outputs->path_of(name));
                }
                outputs->prune();
                if (done) return answer_spoken(now, request, name, received, out);
                if (http_status(done.error().kind) >= 500) {
                  log::error("id={} error=\"{}\"", id, printable(done.error().message()));
                }
                out.send(failure_response(done.error(), context.live.draining()));
              }};
}

Response no_such_output() {
  return error_response({.status = 404,
                         .message = "there is no such speech; the oldest ones are removed",
                         .code = "output_not_found"});
}

void send_file(const std::filesystem::path& path, std::optional<std::string_view> range_header,
               ResponseWriter& out) {
  std::ifstream file(path, std::ios::binary);
  std::error_code error;
  const uint64_t file_bytes = std::filesystem::file_size(path, error);
  if (!file || error) return out.send(no_such_output());
  const RangeAnswer range = parse_range(range_header, file_bytes);
  ByteRange part{.first = 0, .count = file_bytes};
  Response head;
  head.set("Content-Type", "audio/wav");
  head.set("Accept-Ranges", "bytes");
  head.set("Cache-Control", "private, max-age=3600");
  if (std::holds_alternative<Unsatisfiable>(range)) {
    Response refusal = error_response(
        {.status = 416, .message = "no byte of the speech is in this range", .code = "bad_range"});
    refusal.set("Content-Range", fmt::format("bytes */{}", file_bytes));
    return out.send(std::move(refusal));
  }
  if (const auto* wanted = std::get_if<ByteRange>(&range)) {
    part = *wanted;
    head.status = 206;
    head.set("Content-Range",
             fmt::format("bytes {}-{}/{}", part.first, part.first + part.count - 1, file_bytes));
  }
  head.body_bytes = part.count;
  out.begin(std::move(head));
  file.seekg(static_cast<std::streamoff>(part.first));
  std::vector<std::byte> piece(size_t{64} << 10U);
  while (part.count > 0) {
    const auto count = std::min<uint64_t>(part.count, piece.size());
    file.read(reinterpret_cast<char*>(piece.data()), static_cast<std::streamsize>(count));
    if (!file || !out.write(std::span(piece).first(count))) return;
    part.count -= count;
  }
  out.finish();
}

Answer answer_output(const std::shared_ptr<Outputs>& outputs, const Request& asked) {
  const std::string name = asked.path.substr(kFolder.size());
  if (!Outputs::is_name(name)) return no_such_output();
  const auto header = asked.header("Range");
  return Work{.cancel = {},
              .run = [path = outputs->path_of(name),
                      range = header ? std::optional(std::string(*header)) : std::nullopt](
                         ResponseWriter& out) { send_file(path, range, out); },
              .kind = Work::Kind::kErrand};
}

}  // namespace

std::vector<Route> kept_speech_routes(const Context& context, std::shared_ptr<Outputs> outputs) {
  return {
      {"POST", "/speak",
       [&context, outputs](const Request& asked) { return answer_speak(context, outputs, asked); },
       Access::kKey},
      {"GET", "/outputs/*",
       [outputs](const Request& asked) { return answer_output(outputs, asked); }}};
}

}  // namespace orpheus::http
