#pragma once
// Settings of the engine. Filled by config/.

#include "lm/llama/cache_plan.h"

namespace orpheus::engine {

enum class Guarantee {
  kNone,
  kRealtime,  // a listener is refused rather than that others are interrupted (guarantee.h)
};

struct Options {
  int max_sequences = 8;       // generated together; other requests wait
  int max_waiting = 32;        // waiting requests; the next one is refused
  int context_tokens = 16384;  // prompt and generated tokens of one sequence, at most
  int least_context =
      4096;  // if memory is short, a plan shortens the context of sequences down to this
  // A plan may divide the cache into num_units of unit_tokens. A sequence then has one, two, four,
  // … of them, as many as its prompt and max_tokens need. 0: each has context_tokens.
  int unit_tokens = 0;
  int num_units = 0;
  // A plan may raise max_sequences to this on a large GPU. 0: it may not.
  int most_sequences = 0;
  int prompt_chunk = 256;  // largest part of a prompt in one step, in tokens
  // The largest number of tokens of a piece that are generated ahead of a slow client. It covers a
  // whole piece, so no slow client holds a lane. The next piece starts when the client reaches it.
  int max_undelivered = 8192;
  llama::CacheType cache_type = llama::CacheType::kF16;
  bool flash_attention = true;  // if the device has it
  // The same seed gives the same bytes in any batch, even if the CPU's kernels do not guarantee
  // it.
  bool reproducible = false;

  Guarantee guarantee = Guarantee::kNone;

  bool operator==(const Options&) const = default;
};

}  // namespace orpheus::engine
