#include "http/kept_speech_api.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "audio/encoder.h"
#include "base/atomic_file.h"
#include "base/log.h"
#include "http/byte_range.h"
#include "http/counted_speech.h"
#include "http/json_body.h"
#include "http/speech_api.h"
#include "http/speech_body.h"

namespace orpheus::http {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kFolder = "/outputs/";

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

// Speaks into a file that appears when it is complete.
class KeptSpeech final : public Task {
 public:
  KeptSpeech(const Context& context, Snapshot now, SpeechRequest request,
             std::shared_ptr<Outputs> outputs, const Request& asked)
      : context_(context),
        request_(std::move(request)),
        outputs_(std::move(outputs)),
        id_(asked.id),
        speech_(context, std::move(now), request_.speech, asked.received) {}

  State step(ResponseWriter& out, const Wake& wake) override {
    const auto stepped = speak(out, wake);
    if (stepped && *stepped == speech::Speech::State::kMore) return State::kMore;
    if (stepped && *stepped == speech::Speech::State::kWaits) return State::kWaits;
    const Result<void> done = stepped ? finish() : fail(stepped.error());
    outputs_->prune();
    if (done) {
      answer_spoken(speech_.now(), request_, name_, speech_.received(), out);
      return State::kDone;
    }
    if (http_status(done.error().kind) >= 500) {
      log::write(log::Level::kError, "a speech failed",
                 {{"id", id_}, {"error", done.error().message()}});
    }
    out.send(failure_response(done.error(), context_.live.draining()));
    return State::kDone;
  }

 private:
  int sample_rate_hz() const { return speech_.now().options->sample_rate_hz; }

  Result<void> open() {
    if (file_) return {};
    ORPHEUS_TRY(auto body, SpeechBody::open(request_, sample_rate_hz()));
    ORPHEUS_TRY(AtomicFile file, outputs_->create(name_));
    body_.emplace(std::move(body));
    file_.emplace(std::move(file));
    return {};
  }

  Result<speech::Speech::State> speak(ResponseWriter& out, const Wake& wake) {
    ORPHEUS_CHECK(open());
    Result<void> written;
    auto stepped = speech_.step(
        [&](std::span<const float> samples) {
          std::vector<std::byte> bytes;
          written = body_->push(samples, bytes);
          if (written) written = file_->write(bytes);
          return written.has_value();
        },
        wake, out);
    ORPHEUS_CHECK(written);
    return stepped;
  }

  Result<void> finish() {
    std::vector<std::byte> bytes;
    ORPHEUS_CHECK(body_->finish(speech_.summary(), bytes));
    ORPHEUS_CHECK(file_->write(bytes));
    for (const audio::Patch& patch : body_->patches())
      ORPHEUS_CHECK(file_->write_at(patch.offset, patch.bytes));
    return file_->commit();
  }

  const Context& context_;
  const SpeechRequest request_;
  const std::shared_ptr<Outputs> outputs_;
  const std::string id_;
  const std::string name_ = Outputs::fresh_name();
  CountedSpeech speech_;
  std::optional<SpeechBody> body_;  // from the first step on
  std::optional<AtomicFile> file_;
};

Answer answer_speak(const Context& context, const std::shared_ptr<Outputs>& outputs,
                    const Request& asked) {
  auto request =
      parse_speech_request(asked.body, *context.live.now().options, "text", audio::Format::kWav);
  if (!request) return error_response(request.error());
  request->delivery = Delivery::kWhole;
  request->speech.is_heard_live = false;
  auto now = prepare_speech(context, asked, *request);
  if (!now) return refusal_to_speak(now.error());
  Work work = work_of(*request, *now->synthesiser);
  work.task =
      std::make_unique<KeptSpeech>(context, std::move(*now), std::move(*request), outputs, asked);
  return work;
}

Response no_such_output() {
  return error_response({.status = 404,
                         .message = "there is no such file; the server removes the oldest ones",
                         .code = "output_not_found"});
}

// Sends a file or a range of it, one piece in each step.
class SentFile final : public Task {
 public:
  SentFile(std::shared_ptr<Outputs> outputs, std::string name, std::optional<std::string> range)
      : outputs_(std::move(outputs)), name_(std::move(name)), range_(std::move(range)) {}

  State step(ResponseWriter& out, const Wake& /*wake*/) override {
    if (!file_) return begin(out);
    if (left_bytes_ == 0) {
      out.finish();
      return State::kDone;
    }
    const auto count = std::min<uint64_t>(left_bytes_, kPieceBytes);
    std::vector<std::byte> piece(count);
    const bool is_read = std::fread(piece.data(), 1, count, file_.get()) == count;
    if (!is_read || !out.write(piece)) return State::kDone;
    left_bytes_ -= count;
    return State::kMore;
  }

 private:
  static constexpr size_t kPieceBytes = size_t{64} << 10U;

  State begin(ResponseWriter& out) {
    auto kept = outputs_->open(name_);
    if (!kept) {
      out.send(no_such_output());
      return State::kDone;
    }
    file_ = std::move(kept->file);
    std::setvbuf(file_.get(), nullptr, _IONBF, 0);  // it is read in large pieces
    const uint64_t file_bytes = kept->num_bytes;
    const RangeAnswer range = parse_range(range_, file_bytes);
    if (std::holds_alternative<Unsatisfiable>(range)) {
      Response refusal = error_response({.status = 416,
                                         .message = "the requested range is outside the file",
                                         .code = "bad_range"});
      refusal.set("Content-Range", fmt::format("bytes */{}", file_bytes));
      out.send(std::move(refusal));
      return State::kDone;
    }
    ByteRange part{.first = 0, .count = file_bytes};
    Response head;
    head.set("Content-Type", "audio/wav");
    head.set("Accept-Ranges", "bytes");
    head.set("Cache-Control", "private, max-age=3600");
    if (const auto* wanted = std::get_if<ByteRange>(&range)) {
      part = *wanted;
      head.status = 206;
      head.set("Content-Range",
               fmt::format("bytes {}-{}/{}", part.first, part.first + part.count - 1, file_bytes));
    }
    head.body_bytes = part.count;
    if (::fseeko(file_.get(), static_cast<off_t>(part.first), SEEK_SET) != 0) return State::kDone;
    out.begin(std::move(head));
    left_bytes_ = part.count;
    return State::kMore;
  }

  const std::shared_ptr<Outputs> outputs_;
  const std::string name_;
  const std::optional<std::string> range_;
  OpenFile file_;  // from the first step on
  uint64_t left_bytes_ = 0;
};

Answer answer_output(const std::shared_ptr<Outputs>& outputs, const Request& asked) {
  const std::string name = asked.path.substr(kFolder.size());
  if (!Outputs::is_name(name)) return no_such_output();
  const auto header = asked.header("Range");
  return Work{.cancel = {},
              .task = std::make_unique<SentFile>(
                  outputs, name, header ? std::optional(std::string(*header)) : std::nullopt),
              .kind = Work::Kind::kErrand};
}

}  // namespace

std::vector<Route> kept_speech_routes(const Context& context,
                                      const std::shared_ptr<Outputs>& outputs) {
  return {
      {"POST", "/speak",
       [&context, outputs](const Request& asked) { return answer_speak(context, outputs, asked); },
       Access::kKey},
      {"GET", "/outputs/*",
       [outputs](const Request& asked) { return answer_output(outputs, asked); }}};
}

}  // namespace orpheus::http
