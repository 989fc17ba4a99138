#include "audio/read_wav.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace orpheus::audio {
namespace {

using Bytes = std::span<const std::byte>;

constexpr size_t kRiffBytes = 12;        // "RIFF", a size, "WAVE"
constexpr size_t kChunkHeaderBytes = 8;  // four letters, a size
constexpr size_t kLeastFormatBytes = 16;
constexpr size_t kExtensibleBytes = 40;
constexpr uint64_t kMaxChannels = 64;

enum FormatTag : uint64_t { kIntegerPcm = 1, kFloatPcm = 3, kExtensible = 0xFFFE };

bool begins_with(Bytes bytes, std::string_view letters) {
  return bytes.size() >= letters.size() &&
         std::memcmp(bytes.data(), letters.data(), letters.size()) == 0;
}

// A number of up to eight bytes, its low byte first.
uint64_t number_at(Bytes bytes, size_t offset, size_t num_bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < num_bytes; ++i)
    value |= static_cast<uint64_t>(std::to_integer<uint8_t>(bytes[offset + i])) << (8 * i);
  return value;
}

struct Format {
  uint64_t tag = 0;
  uint64_t channels = 0;
  uint64_t rate_hz = 0;
  uint64_t bits = 0;  // of one sample

  size_t sample_bytes() const { return static_cast<size_t>(bits / 8); }
  bool is_known() const {
    if (tag == kIntegerPcm) return bits == 8 || bits == 16 || bits == 24 || bits == 32;
    return tag == kFloatPcm && (bits == 32 || bits == 64);
  }
};

Result<Format> read_format(Bytes chunk, const std::string& name) {
  Format format;
  if (chunk.size() >= kLeastFormatBytes) {
    format = {.tag = number_at(chunk, 0, 2),
              .channels = number_at(chunk, 2, 2),
              .rate_hz = number_at(chunk, 4, 4),
              .bits = number_at(chunk, 14, 2)};
    // An extensible format has its true tag in the first two bytes of an identifier further back.
    if (format.tag == kExtensible && chunk.size() >= kExtensibleBytes)
      format.tag = number_at(chunk, 24, 2);
  }
  if (format.channels < 1 || format.channels > kMaxChannels || format.rate_hz < kLeastFileRateHz ||
      format.rate_hz > kMostFileRateHz) {
    return fail({.kind = ErrorKind::kBadFile,
                 .what = name + ": the WAV header has an invalid channel count or sample rate",
                 .expected = "1 to 64 channels at 1000 to 768000 Hz",
                 .found = std::to_string(format.channels) + " channels at " +
                          std::to_string(format.rate_hz) + " Hz"});
  }
  if (!format.is_known()) {
    return fail({.kind = ErrorKind::kUnsupported,
                 .what = name + ": the WAV's sample format is not supported",
                 .expected = "integers of 8, 16, 24 or 32 bits, or floats of 32 or 64 bits",
                 .found = "format tag " + std::to_string(format.tag) + " with " +
                          std::to_string(format.bits) + " bits"});
  }
  return format;
}

double sample_at(Bytes bytes, size_t offset, const Format& format) {
  const uint64_t value = number_at(bytes, offset, format.sample_bytes());
  if (format.tag == kFloatPcm) {
    const double sample = format.bits == 64
                              ? std::bit_cast<double>(value)
                              : double{std::bit_cast<float>(static_cast<uint32_t>(value))};
    return std::isfinite(static_cast<float>(sample)) ? sample : 0.0;
  }
  if (format.bits == 8)
    return (static_cast<double>(value) - 128) / 128;  // 8-bit samples are unsigned
  const auto shift = static_cast<unsigned>(64 - format.bits);
  return static_cast<double>(static_cast<int64_t>(value << shift)) / 0x1p63;
}

Result<Sound> read_data(Bytes data, const Format& format, const std::string& name) {
  const auto num_channels = static_cast<size_t>(format.channels);
  const size_t stride = num_channels * format.sample_bytes();
  const size_t count = data.size() / stride;
  Sound sound{.sample_rate_hz = static_cast<int>(format.rate_hz)};
  if (static_cast<double>(count) > kMostSeconds * sound.sample_rate_hz) return too_long(name);
  sound.samples.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    double sum = 0;
    for (size_t channel = 0; channel < num_channels; ++channel)
      sum += sample_at(data, i * stride + channel * format.sample_bytes(), format);
    sound.samples.push_back(static_cast<float>(sum / static_cast<double>(num_channels)));
  }
  return sound;
}

}  // namespace

bool is_wav(Bytes bytes) {
  return begins_with(bytes, "RIFF") && bytes.size() >= kRiffBytes &&
         begins_with(bytes.subspan(8), "WAVE");
}

Result<Sound> read_wav(Bytes bytes, const std::string& name) {
  if (!is_wav(bytes)) return fail({.kind = ErrorKind::kBadFile, .what = name + ": not a WAV file"});
  std::optional<Format> format;
  Bytes rest = bytes.subspan(kRiffBytes);
  while (rest.size() >= kChunkHeaderBytes) {
    const auto size = static_cast<size_t>(number_at(rest, 4, 4));
    const Bytes header = rest;
    rest = rest.subspan(kChunkHeaderBytes);
    const Bytes chunk = rest.first(std::min(size, rest.size()));
    if (begins_with(header, "fmt ")) {
      ORPHEUS_TRY(format, read_format(chunk, name));
    } else if (begins_with(header, "data") && format) {
      return read_data(chunk, *format, name);
    }
    rest = rest.subspan(std::min(chunk.size() + chunk.size() % 2, rest.size()));
  }
  return fail({.kind = ErrorKind::kBadFile,
               .what = name + ": the WAV file has no audio data",
               .expected = "a 'fmt ' chunk followed by a 'data' chunk"});
}

}  // namespace orpheus::audio
