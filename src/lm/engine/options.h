#pragma once
// Settings of the engine. Filled by config/.

#include "lm/llama/cache_plan.h"

namespace orpheus::engine {

struct Options {
  int max_sequences = 8;       // in progress at once; the rest wait
  int max_waiting = 32;        // beyond it a request is refused
  int context_tokens = 16384;  // prompt and generated tokens of one sequence, at most
  int least_context =
      4096;                // of a plan: where memory is short, sequences get shorter, down to this
  int prompt_chunk = 256;  // tokens of a prompt read at once, at most
  // Tokens of a piece of text made ahead of a slow listener: all of it, so that he keeps no place
  // from others. The next piece is not begun before he comes to it.
  int max_undelivered = 8192;
  llama::CacheType cache_type = llama::CacheType::kF16;
  bool flash_attention = true;  // where the device has it
  // The same seed gives the same bytes in any company where the CPU's kernels do not give them
  // anyway.
  bool reproducible = false;

  bool operator==(const Options&) const = default;
};

}  // namespace orpheus::engine
