#pragma once
// The forms in which sound leaves: what OpenAI's API calls response_format, and the endings of
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
std::optional<Format> format_named(std::string_view name);

// "mp3, opus, aac, flac, wav or pcm": those that this build can encode.
std::string names_of_formats();

// False for all but wav and pcm in a build without FFmpeg's libraries, or with ones that lack the
// format's encoder.
bool can_encode(Format format);

// Whether another speed and another sample rate are on offer.
bool can_filter();

}  // namespace orpheus::audio
