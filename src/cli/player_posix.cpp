#include <array>
#include <cstdlib>

#include "cli/player.h"

namespace orpheus::cli {

const char* const kKnownPlayers = "aplay, play (of SoX) or ffplay";
const char* const kPlayerRemedy =
    "Install one (apt install alsa-utils), or write a file: -o speech.wav";

Player start_player() {
  struct Known {
    const char* program;
    const char* command;
  };
  static constexpr std::array<Known, 3> kKnown = {{
      {"aplay", "aplay --quiet -"},
      {"play", "play -q -t wav -"},
      {"ffplay", "ffplay -nodisp -autoexit -loglevel error -i -"},
  }};
  for (const Known& known : kKnown) {
    const std::string present = std::string("command -v ") + known.program + " >/dev/null 2>&1";
    if (std::system(present.c_str()) != 0) continue;  // NOLINT(cert-env33-c): fixed names
    if (std::FILE* pipe = ::popen(known.command, "w")) return {pipe, ::pclose, known.program};
  }
  return {};
}

}  // namespace orpheus::cli
