#pragma once
// Settings of the engine. Filled by config/.

#include "lm/llama/cache_plan.h"

namespace orpheus::engine {

struct Options {
  int max_sequences = 8;       // generated together; other requests wait
  int max_waiting = 32;        // waiting requests; the next one is refused
  int context_tokens = 16384;  // prompt and generated tokens of one sequence, at most
  int least_context =
      4096;  // if memory is short, a plan shortens the context of sequences down to this
  int prompt_chunk = 256;  // most tokens of a prompt in one step
  // Most tokens of a piece of text that are made ahead of a slow client. This is the whole piece,
  // so a slow client does not hold a lane. The next piece begins only when the client comes to it.
  int max_undelivered = 8192;
  llama::CacheType cache_type = llama::CacheType::kF16;
  bool flash_attention = true;  // if the device has it
  // Makes the same seed give the same bytes beside any other sequences, also where the CPU's
  // kernels do not ensure it.
  bool reproducible = false;

  bool operator==(const Options&) const = default;
};

}  // namespace orpheus::engine
