#include "http/elevenlabs_messages.h"

#include "http/elevenlabs_json.h"
#include "http/message_frames.h"
#include "http/speech_body.h"

namespace orpheus::http {
namespace {

using Json = nlohmann::ordered_json;
using std::chrono::microseconds;

std::string dumped(const Json& event) {
  return event.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void name(const std::optional<std::string>& context_id, Json& message) {
  if (context_id) message["contextId"] = *context_id;
}

}  // namespace

void ElevenLabsMessages::begin_piece(const speech::PieceProgress& piece, std::string_view text,
                                     double start_s, std::vector<std::byte>& /*frames*/) {
  aligner_.begin_piece(piece.spanned == nullptr ? text::Spanned() : *piece.spanned, text, start_s);
}

void ElevenLabsMessages::add_words(const speech::WordProgress& words, std::string_view /*text*/,
                                   std::vector<std::byte>& /*frames*/) {
  aligner_.add_words(words.words, speed_);
}

void ElevenLabsMessages::sound(std::span<const std::byte> encoded, microseconds length,
                               std::vector<std::byte>& frames) {
  send(base64(encoded), length, frames);
}

void ElevenLabsMessages::end(const speech::Summary& /*made*/, double length_s,
                             std::vector<std::byte>& frames) {
  aligner_.end(length_s);
  send("", microseconds(0), frames);
}

void ElevenLabsMessages::send(std::string audio, microseconds length,
                              std::vector<std::byte>& frames) {
  const auto alignment = aligner_.take();
  if (audio.empty() && !alignment) return;
  Json message = {{"audio", std::move(audio)},
                  {"isFinal", nullptr},
                  {"normalizedAlignment", nullptr},
                  {"alignment", nullptr}};
  if (alignment) {
    const double origin_s = times_ == Times::kFromChunk ? alignment->start_s : 0;
    message["normalizedAlignment"] = alignment_json(alignment->spoken, origin_s);
    message["alignment"] = alignment_json(alignment->written, origin_s);
  }
  name(context_id_, message);
  append_frame(dumped(message), length, frames);
}

void ElevenLabsMessages::fail(const ApiError& error, std::vector<std::byte>& frames) {
  failure_->store(close_code_for(error));
  append_frame(dumped(error_message(error, context_id_)), microseconds(0), frames);
}

Json final_message(const std::optional<std::string>& context_id) {
  Json message = {{"audio", nullptr},
                  {"isFinal", true},
                  {"normalizedAlignment", nullptr},
                  {"alignment", nullptr}};
  name(context_id, message);
  return message;
}

Json error_message(const ApiError& error, const std::optional<std::string>& context_id) {
  Json message = {{"message", error.message},
                  {"error", error.code.empty() ? "error" : error.code},
                  {"code", close_code_for(error)}};
  name(context_id, message);
  return message;
}

uint16_t close_code_for(const ApiError& error) {
  constexpr uint16_t kGoingAway = 1001;
  constexpr uint16_t kPolicyViolation = 1008;
  constexpr uint16_t kServerError = 1011;
  constexpr uint16_t kTryAgainLater = 1013;
  if (is_stopping(error)) return kGoingAway;
  if (error.status == 429 || error.status == 503) return kTryAgainLater;
  return error.status < 500 ? kPolicyViolation : kServerError;
}

}  // namespace orpheus::http
