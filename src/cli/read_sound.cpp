#include "cli/read_sound.h"

#include <cstddef>
#include <span>

#include "audio/read_sound.h"
#include "base/mapped_file.h"
#include "cli/read_input.h"

namespace orpheus::cli {

Result<std::vector<float>> read_sound(const std::string& path, int sample_rate_hz) {
  if (path == "-") {
    ORPHEUS_TRY(const std::string content, read_input(path));
    return audio::read_samples(std::as_bytes(std::span(content)), "standard input", sample_rate_hz);
  }
  ORPHEUS_TRY(const MappedFile file, MappedFile::open(path));
  return audio::read_samples(file.bytes(), path, sample_rate_hz);
}

}  // namespace orpheus::cli
