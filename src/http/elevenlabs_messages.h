#pragma once
// The messages of a speech on ElevenLabs' sockets: sound in base64, with the times of the
// characters of every piece behind its sound.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "http/character_times.h"
#include "http/live_messages.h"

namespace orpheus::http {

class ElevenLabsMessages final : public LiveMessages {
 public:
  enum class Times { kFromChunk, kFromContext };  // where times begin
  // The close code of a failure; 0: there is none. Safe from every thread.
  using Failure = std::shared_ptr<std::atomic<uint16_t>>;

  // context_id: nothing for a message without one. speed: the request's.
  ElevenLabsMessages(std::optional<std::string> context_id, Times times, double speed,
                     Failure failure)
      : context_id_(std::move(context_id)),
        times_(times),
        speed_(speed),
        failure_(std::move(failure)) {}

  void begin_piece(const speech::PieceProgress& piece, std::string_view text, double start_s,
                   std::vector<std::byte>& frames) override;
  void add_words(const speech::WordProgress& words, std::string_view text,
                 std::vector<std::byte>& frames) override;
  void sound(std::span<const std::byte> encoded, std::chrono::microseconds length,
             std::vector<std::byte>& frames) override;
  bool may_be_silent() const override { return true; }
  void end(const speech::Summary& made, double length_s, std::vector<std::byte>& frames) override;
  void fail(const ApiError& error, std::vector<std::byte>& frames) override;

 private:
  void send(std::string audio, std::chrono::microseconds length, std::vector<std::byte>& frames);

  const std::optional<std::string> context_id_;
  const Times times_;
  const double speed_;  // of the sound
  const Failure failure_;
  Aligner aligner_;
};

// {"audio": null, "isFinal": true, …, "contextId": …}: the context has ended.
nlohmann::ordered_json final_message(const std::optional<std::string>& context_id);

// {"message": …, "error": code, "code": close code, "contextId": …}.
nlohmann::ordered_json error_message(const ApiError& error,
                                     const std::optional<std::string>& context_id);
// How a socket closes after this error (RFC 6455).
uint16_t close_code_for(const ApiError& error);

}  // namespace orpheus::http
