#pragma once
// Parses speech requests in ElevenLabs' form: the voice in the path, the format in the query, the
// rest in the body. Pure functions.

#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "audio/format.h"
#include "http/errors.h"
#include "http/options.h"
#include "http/speech_request.h"

namespace orpheus::http {

struct OutputFormat {
  audio::Format format = audio::Format::kMp3;
  int sample_rate_hz = 44100;
};

// "mp3_44100_128", "pcm_16000", "ulaw_8000", "opus_48000_64", "wav_24000". The bit rate is ignored.
// Nothing for another name, a rate that the format lacks, or a format that this build lacks.
std::optional<OutputFormat> output_format_named(std::string_view name);

// The English Orpheus voice for the id of one of ElevenLabs' own voices, which clients send by
// default; another id is a voice's name.
std::string_view voice_for_elevenlabs_id(std::string_view id);

// voice_id: decoded. text, seed, language_code, apply_text_normalization and voice_settings.speed
// have their meaning; every other key is ignored. Errors: those of parse_speech_request; 400 for an
// output_format that output_format_named does not know.
tl::expected<SpeechRequest, ApiError> parse_elevenlabs_request(std::string_view voice_id,
                                                               std::string_view query,
                                                               std::string_view body,
                                                               const Options& options);

// The settings of a socket, whose text comes later: output_format, seed, language_code and
// apply_text_normalization of the query. Errors: the same.
tl::expected<SpeechRequest, ApiError> parse_elevenlabs_query(std::string_view voice_id,
                                                             std::string_view query,
                                                             const Options& options);

}  // namespace orpheus::http
