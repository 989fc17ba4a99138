#include "http/speech_messages.h"

#include <nlohmann/json.hpp>

#include "http/message_frames.h"
#include "http/piece_event.h"
#include "http/speech_body.h"
#include "http/word_json.h"

namespace orpheus::http {
namespace {

using Json = nlohmann::ordered_json;
using std::chrono::microseconds;

std::string dumped(const Json& event) {
  return event.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

void SpeechMessages::begin_piece(const speech::PieceProgress& piece, std::string_view text,
                                 double /*start_s*/, std::vector<std::byte>& frames) {
  Json event = piece_event(piece, text::Utf16Offsets(text), speed_);
  event.erase("count");  // not known before the text's end
  event["response_id"] = response_id_;
  append_frame(dumped(event), microseconds(0), frames);
}

void SpeechMessages::add_words(const speech::WordProgress& words, std::string_view text,
                               std::vector<std::byte>& frames) {
  if (!tells_words_) return;
  Json event = words_event(words, text::Utf16Offsets(text), speed_);
  event["response_id"] = response_id_;
  append_frame(dumped(event), microseconds(0), frames);
}

void SpeechMessages::sound(std::span<const std::byte> encoded, microseconds length,
                           std::vector<std::byte>& frames) {
  if (sound_ == Sound::kBinary) return append_frame(true, length, encoded, frames);
  append_frame(dumped({{"type", "speech.audio.delta"},
                       {"response_id", response_id_},
                       {"audio", base64(encoded)}}),
               length, frames);
}

void SpeechMessages::end(const speech::Summary& made, double length_s,
                         std::vector<std::byte>& frames) {
  append_frame(dumped({{"type", "speech.audio.done"},
                       {"response_id", response_id_},
                       {"seconds", length_s},
                       {"usage",
                        {{"input_tokens", made.num_prompt_tokens},
                         {"output_tokens", made.num_audio_tokens},
                         {"total_tokens", made.num_prompt_tokens + made.num_audio_tokens}}}}),
               microseconds(0), frames);
}

void SpeechMessages::fail(const ApiError& error, std::vector<std::byte>& frames) {
  Json event = Json::parse(error_response(error).body);
  event["type"] = "error";
  event["response_id"] = response_id_;
  append_frame(dumped(event), microseconds(0), frames);
}

}  // namespace orpheus::http
