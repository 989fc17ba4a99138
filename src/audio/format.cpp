#include "audio/format.h"

#include <algorithm>
#include <array>
#include <vector>

namespace orpheus::audio {
namespace {

struct Entry {
  Format format;
  std::string_view name;
  std::string_view content_type;
};

constexpr std::array kEntries = {
    Entry{Format::kMp3, "mp3", "audio/mpeg"},   Entry{Format::kOpus, "opus", "audio/ogg"},
    Entry{Format::kAac, "aac", "audio/aac"},    Entry{Format::kFlac, "flac", "audio/flac"},
    Entry{Format::kWav, "wav", "audio/wav"},    Entry{Format::kPcm, "pcm", "audio/pcm"},
    Entry{Format::kUlaw, "ulaw", "audio/PCMU"}, Entry{Format::kAlaw, "alaw", "audio/PCMA"},
};

struct OtherName {
  std::string_view name;
  Format format;
};

// Ogg by the container, as files are called; the others by OpenAI's realtime interface and by sox.
constexpr std::array kOtherNames = {
    OtherName{"ogg", Format::kOpus}, OtherName{"g711_ulaw", Format::kUlaw},
    OtherName{"mulaw", Format::kUlaw}, OtherName{"g711_alaw", Format::kAlaw}};

constexpr std::array kFormats = {Format::kMp3, Format::kOpus, Format::kAac,  Format::kFlac,
                                 Format::kWav, Format::kPcm,  Format::kUlaw, Format::kAlaw};

const Entry& entry_of(Format format) { return kEntries.at(static_cast<size_t>(format)); }

}  // namespace

std::span<const Format> all_formats() { return kFormats; }

std::string_view name_of(Format format) { return entry_of(format).name; }

std::string_view content_type(Format format) { return entry_of(format).content_type; }

std::optional<Format> format_named(std::string_view name) {
  const auto found = std::find_if(kEntries.begin(), kEntries.end(),
                                  [&](const Entry& entry) { return entry.name == name; });
  if (found != kEntries.end()) return found->format;
  const auto* other = std::find_if(kOtherNames.begin(), kOtherNames.end(),
                                   [&](const OtherName& entry) { return entry.name == name; });
  if (other == kOtherNames.end()) return std::nullopt;
  return other->format;
}

std::string names_of_formats() {
  std::vector<std::string_view> names;
  for (const Format format : kFormats) {
    if (can_encode(format)) names.push_back(name_of(format));
  }
  std::string text;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
    text += names[i];
  }
  return text;
}

}  // namespace orpheus::audio
