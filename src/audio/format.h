#pragma once
// Output formats: OpenAI's response_format, and the endings of
// files.

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace orpheus::audio {

enum class Format { kMp3, kOpus, kAac, kFlac, kWav, kPcm, kUlaw, kAlaw };

// Every format: first OpenAI's in its order, mp3, opus, aac, flac, wav, pcm; then those of
// telephony (G.711), ulaw and alaw.
std::span<const Format> all_formats();

std::string_view name_of(Format format);       // "mp3"
std::string_view content_type(Format format);  // "audio/mpeg"; opus is Opus in Ogg, aac is ADTS
// By its name or another in use: "ogg" is opus, "g711_ulaw" and "mulaw" are ulaw, "g711_alaw" is
// alaw.
std::optional<Format> format_named(std::string_view name);

// ulaw and alaw: bytes without a header, for telephones.
constexpr bool is_g711(Format format) { return format == Format::kUlaw || format == Format::kAlaw; }

// The formats that this build can encode: "mp3, opus, aac, flac, wav or pcm".
std::string names_of_formats();

// Whether this build can encode the format. wav and pcm always; the others need FFmpeg's libraries
// with the format's encoder.
bool can_encode(Format format);

// Whether this build can change speed and sample rate.
bool can_filter();

}  // namespace orpheus::audio
