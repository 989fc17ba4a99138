#pragma once
// Output formats: OpenAI's response_format, and the endings of
// files.

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace orpheus::audio {

enum class Format { kMp3, kOpus, kAac, kFlac, kWav, kPcm };

// Every format, in OpenAI's order: mp3, opus, aac, flac, wav, pcm.
std::span<const Format> all_formats();

std::string_view name_of(Format format);       // "mp3"
std::string_view content_type(Format format);  // "audio/mpeg"; opus is Opus in Ogg, aac is ADTS
std::optional<Format> format_named(std::string_view name);  // "ogg" is opus

// The formats that this build can encode: "mp3, opus, aac, flac, wav or pcm".
std::string names_of_formats();

// Whether this build can encode the format. wav and pcm always; the others need FFmpeg's libraries
// with the format's encoder.
bool can_encode(Format format);

// Whether this build can change speed and sample rate.
bool can_filter();

}  // namespace orpheus::audio
