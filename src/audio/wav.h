#pragma once
// The 44-byte header of a 16-bit mono WAV.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace orpheus::audio {

inline constexpr size_t kWavHeaderBytes = 44;

// Header for this many samples; nothing for a stream whose length is not known yet (sizes
// 0xFFFFFFFF). A count past what 32 bits can say is written as unknown too.
std::array<std::byte, kWavHeaderBytes> wav_header(int sample_rate_hz,
                                                  std::optional<int64_t> num_samples);

}  // namespace orpheus::audio
