#pragma once
// A program of the system that plays a WAV from its standard input.

#include <cstdio>
#include <string>

namespace orpheus::cli {

struct Player {
  std::FILE* pipe = nullptr;           // its standard input; null if the system has no player
  int (*close)(std::FILE*) = nullptr;  // waits until it has played; 0 if it did
  std::string program;                 // "aplay"
};

Player start_player();

// The players that start_player() knows, and how to get one, for an error message.
extern const char* const kKnownPlayers;
extern const char* const kPlayerRemedy;

}  // namespace orpheus::cli
