#include "audio/wav.h"

#include <span>
#include <string_view>

namespace orpheus::audio {
namespace {

constexpr uint32_t kUnknownSize = 0xFFFFFFFF;
constexpr uint32_t kBytesPerSample = 2;
constexpr uint32_t kBytesBehindRiffSize = kWavHeaderBytes - 8;  // of the header itself

// Writes fields one after the other, numbers with their low byte first.
class FieldWriter {
 public:
  explicit FieldWriter(std::span<std::byte> bytes) : rest_(bytes) {}

  void tag(std::string_view four_letters) {
    for (const char letter : four_letters) byte(static_cast<uint8_t>(letter));
  }
  void u16(uint32_t value) {
    byte(value);
    byte(value >> 8U);
  }
  void u32(uint32_t value) {
    u16(value);
    u16(value >> 16U);
  }

 private:
  void byte(uint32_t value) {
    rest_.front() = static_cast<std::byte>(value & 0xFFU);
    rest_ = rest_.subspan(1);
  }

  std::span<std::byte> rest_;
};

// Bytes of sound. Nothing if the count is unknown, or if the file's sizes would not fit 32 bits.
std::optional<uint32_t> data_bytes(std::optional<int64_t> num_samples) {
  constexpr int64_t kMostSamples = (kUnknownSize - kWavHeaderBytes) / kBytesPerSample;
  if (!num_samples || *num_samples < 0 || *num_samples > kMostSamples) return std::nullopt;
  return static_cast<uint32_t>(*num_samples) * kBytesPerSample;
}

}  // namespace

std::array<std::byte, kWavHeaderBytes> wav_header(int sample_rate_hz,
                                                  std::optional<int64_t> num_samples) {
  const auto rate = static_cast<uint32_t>(sample_rate_hz);
  const std::optional<uint32_t> size = data_bytes(num_samples);

  std::array<std::byte, kWavHeaderBytes> header{};
  FieldWriter out(header);
  out.tag("RIFF");
  out.u32(size ? *size + kBytesBehindRiffSize : kUnknownSize);
  out.tag("WAVE");
  out.tag("fmt ");
  out.u32(16);  // bytes of this chunk
  out.u16(1);   // integer PCM
  out.u16(1);   // channels
  out.u32(rate);
  out.u32(rate * kBytesPerSample);
  out.u16(kBytesPerSample);
  out.u16(8 * kBytesPerSample);
  out.tag("data");
  out.u32(size.value_or(kUnknownSize));
  return header;
}

}  // namespace orpheus::audio
