#pragma once
// Encoders for the formats of FFmpeg's libraries: mp3, opus, aac, flac, ulaw, alaw.

#include <memory>

#include "audio/encoder.h"

namespace orpheus::audio {

// The encoded sound has the rate of the samples, except with opus (see EncoderOptions).
// Errors: kUnsupported (this build has no encoder for it), kInternal.
Result<std::unique_ptr<Encoder>> open_compressed_encoder(Format format, int sample_rate_hz,
                                                         Output output);

// The rate of the encoder's input: asked_hz if the format supports it, else the next higher rate.
int encoder_rate_hz(Format format, int asked_hz);

}  // namespace orpheus::audio
