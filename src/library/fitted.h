#pragma once
// The options made to fit the machine: which files, which devices, and a plan of the memory, before
// any weight is loaded. What nobody chose gets what the machine's class suggests.

#include <optional>

#include "base/result.h"
#include "hardware/facts.h"
#include "library/options.h"
#include "library/voice_files.h"
#include "plan/memory_plan.h"
#include "plan/profile.h"
#include "tensor/options.h"

namespace orpheus::library {

// Values that somebody chose. The machine's class decides those that are empty, whatever Options
// holds at their place.
struct Choices {
  std::optional<int> max_sequences;
  std::optional<int>
      context_tokens;             // kept where memory is short, with fewer sequences, or refused
  std::optional<int> max_tokens;  // of one piece of text
  std::optional<tensor::MatrixPrecision> matrix_precision;
};

// Which devices "auto" takes: a server gives every GPU a replica; one text needs the first alone.
enum class Spread { kFirstDevice, kEveryDevice };

struct Fitted {
  VoiceFiles files;
  Options options;     // devices by name, chosen or suggested sizes; the plan may allow less
  int max_tokens = 0;  // of one piece; 0: the language model is elsewhere
  plan::Profile profile;
  plan::MemoryPlan plan;  // sizes of each engine; no replicas: the language model is elsewhere
};

// Reads the headers of the files; writes the built-in voice of random weights if it is that one.
// Errors: those of voice_files and check_codec_of, of GgufFile::open and plan::needs_of, of
// plan_memory.
Result<Fitted> fit_to_machine(const Options& options, const Choices& choices,
                              const hardware::Facts& facts, Spread spread);

}  // namespace orpheus::library
