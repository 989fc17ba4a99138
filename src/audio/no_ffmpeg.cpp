// For builds without FFmpeg's libraries: wav and pcm only, without changes of speed or rate.

#include "audio/compressed_encoder.h"
#include "audio/filter.h"
#include "audio/read_sound.h"

namespace orpheus::audio {
namespace {

tl::unexpected<Error> not_in_this_build(std::string what) {
  return fail({.kind = ErrorKind::kUnsupported,
               .what = std::move(what),
               .expected = "a build with FFmpeg's libraries",
               .found = "a build without them",
               .remedy = "Use wav or pcm, at speed 1 and 24000 Hz, or install FFmpeg's "
                         "libraries (tools/install-packages.sh names them) and build again."});
}

}  // namespace

bool can_encode(Format format) { return format == Format::kWav || format == Format::kPcm; }

bool can_filter() { return false; }

int encoder_rate_hz(Format /*format*/, int asked_hz) { return asked_hz; }

Result<std::unique_ptr<Encoder>> open_compressed_encoder(Format format, int /*sample_rate_hz*/,
                                                         Output /*output*/) {
  return not_in_this_build(std::string(name_of(format)) + " cannot be encoded");
}

Result<std::unique_ptr<Filter>> open_filter(const FilterOptions& /*options*/) {
  return not_in_this_build("the speed and the sample rate cannot be changed");
}

Result<Sound> read_compressed(std::span<const std::byte> /*bytes*/, const std::string& name) {
  return fail({.kind = ErrorKind::kUnsupported,
               .what = name + ": not a WAV file",
               .expected = "a WAV file, or a build with FFmpeg's libraries",
               .remedy = "Use a WAV file of 24000 Hz, or install FFmpeg's libraries "
                         "(tools/install-packages.sh names them) and build again."});
}

}  // namespace orpheus::audio
