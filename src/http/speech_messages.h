#pragma once
// The messages of a response on WS /v1/audio/speech/stream (docs/live.md): orpheus.speech.piece,
// orpheus.speech.words, speech.audio.delta, and at the end speech.audio.done or error.

#include <string>
#include <utility>

#include "http/live_messages.h"
#include "http/speech_request.h"

namespace orpheus::http {

class SpeechMessages final : public LiveMessages {
 public:
  enum class Sound { kBase64, kBinary };
  // request: its speed, and whether it asks for words.
  SpeechMessages(std::string response_id, Sound sound, const SpeechRequest& request)
      : response_id_(std::move(response_id)),
        sound_(sound),
        speed_(request.speed),
        tells_words_(request.words) {}

  void begin_piece(const speech::PieceProgress& piece, std::string_view text, double start_s,
                   std::vector<std::byte>& frames) override;
  void add_words(const speech::WordProgress& words, std::string_view text,
                 std::vector<std::byte>& frames) override;
  void sound(std::span<const std::byte> encoded, std::chrono::microseconds length,
             std::vector<std::byte>& frames) override;
  void end(const speech::Summary& made, double length_s, std::vector<std::byte>& frames) override;
  void fail(const ApiError& error, std::vector<std::byte>& frames) override;

 private:
  const std::string response_id_;
  const Sound sound_;
  const double speed_;
  const bool tells_words_;
};

}  // namespace orpheus::http
