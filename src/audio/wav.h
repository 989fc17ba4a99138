#pragma once
// The 44-byte header of a 16-bit mono WAV.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace orpheus::audio {

inline constexpr size_t kWavHeaderBytes = 44;

// The header for this many samples. Without a count, or with one that does not fit 32 bits, the
// sizes are 0xFFFFFFFF: unknown, as in a stream.
std::array<std::byte, kWavHeaderBytes> wav_header(int sample_rate_hz,
                                                  std::optional<int64_t> num_samples);

}  // namespace orpheus::audio
