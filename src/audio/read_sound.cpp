#include "audio/read_sound.h"

#include <algorithm>

#include "audio/filter.h"
#include "audio/read_wav.h"

namespace orpheus::audio {

tl::unexpected<Error> too_long(const std::string& name) {
  return fail({.kind = ErrorKind::kLimit,
               .what = name + ": the sound is too long",
               .expected = "at most one hour",
               .remedy = "Split it into parts."});
}

Result<Sound> read_sound(std::span<const std::byte> bytes, const std::string& name) {
  ORPHEUS_TRY(Sound sound, is_wav(bytes) ? read_wav(bytes, name) : read_compressed(bytes, name));
  if (!sound.samples.empty()) return sound;
  return fail({.kind = ErrorKind::kBadFile, .what = name + ": the file contains no audio samples"});
}

Result<std::vector<float>> read_samples(std::span<const std::byte> bytes, const std::string& name,
                                        int sample_rate_hz) {
  ORPHEUS_TRY(Sound sound, read_sound(bytes, name));
  if (sound.sample_rate_hz == sample_rate_hz) return std::move(sound.samples);
  ORPHEUS_TRY(const auto filter, open_filter({.input_rate_hz = sound.sample_rate_hz,
                                              .output_rate_hz = sample_rate_hz}));
  constexpr size_t kPortionSamples = 1U << 16U;
  std::vector<float> resampled;
  for (std::span<const float> rest = sound.samples; !rest.empty();) {
    const size_t count = std::min(rest.size(), kPortionSamples);
    ORPHEUS_CHECK(filter->push(rest.first(count), resampled));
    rest = rest.subspan(count);
  }
  ORPHEUS_CHECK(filter->finish(resampled));
  if (!resampled.empty()) return resampled;
  return fail({.kind = ErrorKind::kBadFile,
               .what = name + ": the sound is too short",
               .found = std::to_string(sound.samples.size()) + " samples"});
}

}  // namespace orpheus::audio
