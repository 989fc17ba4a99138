#include "http/speech_body.h"

#include <algorithm>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "http/elevenlabs_json.h"
#include "http/piece_event.h"
#include "http/word_json.h"

namespace orpheus::http {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kLeastOfFile = 4096;  // bytes of an event: a third of a second of mp3

void append(std::string_view text, std::vector<std::byte>& bytes) {
  const auto added = std::as_bytes(std::span(text));
  bytes.insert(bytes.end(), added.begin(), added.end());
}

void append_event(const Json& event, std::vector<std::byte>& bytes) {
  append("data: " + event.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n\n", bytes);
}

void append_base64(std::span<const std::byte> bytes, std::string& text) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
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
}

size_t base64_size(size_t num_bytes) { return (num_bytes + 2) / 3 * 4; }

}  // namespace

std::string base64(std::span<const std::byte> bytes) {
  std::string text;
  text.reserve(base64_size(bytes.size()));
  append_base64(bytes, text);
  return text;
}

std::string with_sound(std::string_view object, std::string_view name,
                       std::span<const std::byte> sound) {
  std::string text;
  text.reserve(object.size() + name.size() + base64_size(sound.size()) + 8);
  text.append(object.substr(0, object.size() - 1)).append(",\"").append(name).append("\":\"");
  append_base64(sound, text);
  text.append("\"}");
  return text;
}

void complete(std::span<const audio::Patch> patches, std::vector<std::byte>& file) {
  for (const audio::Patch& patch : patches)
    std::copy(patch.bytes.begin(), patch.bytes.end(),
              file.begin() + static_cast<ptrdiff_t>(patch.offset));
}

namespace {

std::optional<int> rate_for(audio::Format format, const SpeechRequest& request, int usual_rate_hz) {
  if (request.sample_rate_hz || audio::is_g711(format)) return request.sample_rate_hz;
  return usual_rate_hz;
}

}  // namespace

audio::EncoderOptions encoder_options(const SpeechRequest& request, int usual_rate_hz) {
  return {.format = request.format,
          .input_rate_hz = speech::kSampleRateHz,
          .output_rate_hz = rate_for(request.format, request, usual_rate_hz),
          .speed = request.speed};
}

Result<SpeechBody> SpeechBody::open(const SpeechRequest& request, int usual_rate_hz) {
  audio::EncoderOptions options = encoder_options(request, usual_rate_hz);
  const int sample_rate_hz = audio::encoded_rate_hz(options);
  // A file that is sent with the events is not whole when its first bytes leave.
  if (request.delivery == Delivery::kWhole) options.output = audio::Output::kFile;
  ORPHEUS_TRY(auto encoder, audio::open_encoder(options));
  std::unique_ptr<audio::Encoder> file;
  if (request.file_format) {
    options.format = *request.file_format;
    options.output_rate_hz = rate_for(options.format, request, usual_rate_hz);
    ORPHEUS_TRY(file, audio::open_encoder(options));
  }
  return SpeechBody(request, sample_rate_hz, std::move(encoder), std::move(file));
}

SpeechBody::SpeechBody(const SpeechRequest& request, int sample_rate_hz,
                       std::unique_ptr<audio::Encoder> encoder,
                       std::unique_ptr<audio::Encoder> file)
    : format_(request.format),
      sample_rate_hz_(sample_rate_hz),
      delivery_(request.delivery),
      progress_(request.progress),
      words_(request.words),
      speed_(request.speed),
      text_(request.has_timestamps ? request.speech.text : std::string()),
      utf16_(request.progress || request.words ? std::string_view(request.speech.text)
                                               : std::string_view()),
      aligner_(request.has_timestamps ? std::optional<Aligner>(std::in_place) : std::nullopt),
      encoder_(std::move(encoder)),
      file_(std::move(file)) {}

std::string_view SpeechBody::content_type() const {
  if (aligner_) return "application/json";
  return delivery_ == Delivery::kEvents ? "text/event-stream" : audio::content_type(format_);
}

void SpeechBody::announce(const speech::PieceProgress& piece) {
  if (aligner_) {
    const double start_s = static_cast<double>(piece.first_sample) / speech::kSampleRateHz / speed_;
    return aligner_->begin_piece(piece.spanned == nullptr ? text::Spanned() : *piece.spanned, text_,
                                 start_s);
  }
  if (delivery_ != Delivery::kEvents) return;
  append_event(piece_event(piece, utf16_, speed_), announced_);
}

void SpeechBody::announce(const speech::WordProgress& words) {
  if (aligner_) return aligner_->add_words(words.words, speed_);
  if (delivery_ != Delivery::kEvents) return;
  append_event(words_event(words, utf16_, speed_), announced_);
}

void SpeechBody::send_announced(std::vector<std::byte>& bytes) {
  bytes.insert(bytes.end(), announced_.begin(), announced_.end());
  announced_.clear();
}

Result<void> SpeechBody::push(std::span<const float> samples, std::vector<std::byte>& bytes) {
  ORPHEUS_CHECK(encoder_->push(samples, encoded_));
  send(bytes);
  if (!file_) return {};
  ORPHEUS_CHECK(file_->push(samples, filed_));
  if (filed_.size() >= kLeastOfFile) send_file(bytes);
  return {};
}

Result<void> SpeechBody::finish(const speech::Summary& summary, std::vector<std::byte>& bytes) {
  ORPHEUS_CHECK(encoder_->finish(encoded_));
  if (aligner_) {
    aligner_->end(static_cast<double>(summary.num_samples) / speech::kSampleRateHz / speed_);
    if (delivery_ == Delivery::kWhole) complete(encoder_->patches(), encoded_);
    send_timestamps(bytes);
    return {};
  }
  send(bytes);
  if (delivery_ != Delivery::kEvents) return {};
  send_announced(bytes);
  if (file_) {
    ORPHEUS_CHECK(file_->finish(filed_));
    send_file(bytes);
  }
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
  if (aligner_) {
    if (delivery_ == Delivery::kStream) send_timestamps(bytes);
    return;
  }
  send_announced(bytes);
  if (delivery_ == Delivery::kEvents) {
    append_event({{"type", "speech.audio.delta"}, {"audio", base64(encoded_)}}, bytes);
  } else {
    bytes.insert(bytes.end(), encoded_.begin(), encoded_.end());
  }
  encoded_.clear();
}

// An object, and a line of its own. Its times are those of the pieces that have ended.
void SpeechBody::send_timestamps(std::vector<std::byte>& bytes) {
  const auto alignment = aligner_->take();
  Json object = {{"alignment", nullptr}, {"normalized_alignment", nullptr}};
  if (alignment) {
    object["alignment"] = timestamps_json(alignment->written);
    object["normalized_alignment"] = timestamps_json(alignment->spoken);
  }
  append(with_sound(object.dump(-1, ' ', false, Json::error_handler_t::replace), "audio_base64",
                    std::exchange(encoded_, {})) +
             "\n",
         bytes);
}

std::vector<audio::Patch> SpeechBody::patches() const {
  return aligner_ ? std::vector<audio::Patch>() : encoder_->patches();
}

void SpeechBody::send_file(std::vector<std::byte>& bytes) {
  if (filed_.empty()) return;
  append_event({{"type", "orpheus.speech.file"}, {"audio", base64(filed_)}}, bytes);
  filed_.clear();
}

}  // namespace orpheus::http
