#include "http/speech_body.h"

#include <string>
#include <utility>

#include <nlohmann/json.hpp>

namespace orpheus::http {
namespace {

using Json = nlohmann::ordered_json;

void append(std::string_view text, std::vector<std::byte>& bytes) {
  const auto added = std::as_bytes(std::span(text));
  bytes.insert(bytes.end(), added.begin(), added.end());
}

void append_event(const Json& event, std::vector<std::byte>& bytes) {
  append("data: " + event.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n\n", bytes);
}

}  // namespace

std::string base64(std::span<const std::byte> bytes) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) {
      group = group << 8U | (k < count ? std::to_integer<uint32_t>(bytes[i + k]) : 0U);
    }
    for (size_t k = 0; k < 4; ++k) {
      text += k <= count ? kLetters[group >> (18U - 6U * k) & 0x3FU] : '=';
    }
  }
  return text;
}

Result<SpeechBody> SpeechBody::open(const SpeechRequest& request, int sample_rate_hz) {
  ORPHEUS_TRY(auto encoder, audio::open_encoder({.format = request.format,
                                                 .input_rate_hz = speech::kSampleRateHz,
                                                 .output_rate_hz = sample_rate_hz,
                                                 .speed = request.speed,
                                                 .output = request.delivery == Delivery::kWhole
                                                               ? audio::Output::kFile
                                                               : audio::Output::kStream}));
  return SpeechBody(request, std::move(encoder));
}

SpeechBody::SpeechBody(const SpeechRequest& request, std::unique_ptr<audio::Encoder> encoder)
    : format_(request.format),
      delivery_(request.delivery),
      speed_(request.speed),
      utf16_(request.progress ? std::string_view(request.speech.text) : std::string_view()),
      encoder_(std::move(encoder)) {}

std::string_view SpeechBody::content_type() const {
  return delivery_ == Delivery::kEvents ? "text/event-stream" : audio::content_type(format_);
}

void SpeechBody::announce(const speech::PieceProgress& piece) {
  if (delivery_ != Delivery::kEvents) return;
  Json event = {
      {"type", "orpheus.speech.piece"},
      {"index", piece.index},
      {"count", piece.count},
      {"text", piece.text},
      {"start_seconds", static_cast<double>(piece.first_sample) / speech::kSampleRateHz / speed_}};
  if (!piece.voice.empty()) event["voice"] = piece.voice;
  if (piece.spanned != nullptr) {
    const text::Range origin = piece.spanned->origin({0, piece.text.size()});
    event["begin"] = origin.begin;
    event["end"] = origin.end;
    event["begin_utf16"] = utf16_.at(origin.begin);
    event["end_utf16"] = utf16_.at(origin.end);
  }
  append_event(event, announced_);
}

Result<void> SpeechBody::push(std::span<const float> samples, std::vector<std::byte>& bytes) {
  ORPHEUS_CHECK(encoder_->push(samples, encoded_));
  send(bytes);
  return {};
}

Result<void> SpeechBody::finish(const speech::Summary& summary, std::vector<std::byte>& bytes) {
  ORPHEUS_CHECK(encoder_->finish(encoded_));
  send(bytes);
  if (delivery_ != Delivery::kEvents) return {};
  append_event({{"type", "speech.audio.done"},
                {"usage",
                 {{"input_tokens", summary.num_prompt_tokens},
                  {"output_tokens", summary.num_audio_tokens},
                  {"total_tokens", summary.num_prompt_tokens + summary.num_audio_tokens}}}},
               bytes);
  return {};
}

std::vector<std::byte> SpeechBody::failure(const ApiError& error) const {
  std::vector<std::byte> bytes;
  if (delivery_ == Delivery::kEvents) {
    Json event = Json::parse(error_response(error).body);
    event["type"] = "error";
    append_event(event, bytes);
  }
  return bytes;
}

void SpeechBody::send(std::vector<std::byte>& bytes) {
  if (encoded_.empty()) return;
  bytes.insert(bytes.end(), announced_.begin(), announced_.end());
  announced_.clear();
  if (delivery_ == Delivery::kEvents) {
    append_event({{"type", "speech.audio.delta"}, {"audio", base64(encoded_)}}, bytes);
  } else {
    bytes.insert(bytes.end(), encoded_.begin(), encoded_.end());
  }
  encoded_.clear();
}

}  // namespace orpheus::http
