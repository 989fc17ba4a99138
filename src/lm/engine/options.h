#pragma once
// Settings of the engine. Filled by config/.

namespace orpheus::engine {

struct Options {
  int max_sequences = 2;       // in progress at once; the rest wait
  int max_waiting = 32;        // beyond it a request is refused
  int context_tokens = 16384;  // prompt and generated tokens of one sequence, at most
  int prompt_chunk = 256;      // tokens of a prompt read at once
  int max_undelivered = 1024;  // tokens made ahead of a slow listener
};

}  // namespace orpheus::engine
