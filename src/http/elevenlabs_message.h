#pragma once
// What clients send on ElevenLabs' sockets: the query of the handshake, and messages. Pure
// functions.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "http/elevenlabs_messages.h"
#include "http/errors.h"
#include "http/options.h"
#include "http/turn.h"

namespace orpheus::http {

// The query of a socket.
struct ElevenLabsSettings {
  Turn::Settings turn;
  std::chrono::seconds inactivity{20};
  ElevenLabsMessages::Times times = ElevenLabsMessages::Times::kFromChunk;
};

// voice_id: decoded. output_format, language_code, seed, apply_text_normalization,
// enable_ssml_parsing, inactivity_timeout, auto_mode and sync_alignment have their meaning; every
// other key is ignored. Errors (400): a wrong value.
tl::expected<ElevenLabsSettings, ApiError> parse_elevenlabs_settings(std::string_view voice_id,
                                                                     std::string_view query,
                                                                     const Options& options);

// A message. Its keys may be written in both ways: context_id and contextId.
struct ElevenLabsMessage {
  std::optional<std::string> text = {};
  std::optional<std::string> context_id = {};
  std::optional<std::string> key = {};  // as xi_api_key, xi-api-key or authorization
  std::optional<double> speed = {};     // of voice_settings
  bool flush = false;
  bool triggers = false;  // try_trigger_generation
  bool closes_context = false;
  bool closes_socket = false;
};

// Any bytes. Unknown keys are ignored; null means absent. Errors (400): not a JSON object, or a
// value of a wrong type or out of range.
tl::expected<ElevenLabsMessage, ApiError> parse_elevenlabs_message(std::string_view bytes);

}  // namespace orpheus::http
