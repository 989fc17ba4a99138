#pragma once
// Fits options to the machine: chooses files and devices and plans the memory, before any weight is
// loaded. Values that the user did not choose come from the machine's tier.

#include <optional>
#include <string>

#include "base/result.h"
#include "hardware/facts.h"
#include "library/options.h"
#include "library/voice_files.h"
#include "plan/memory_plan.h"
#include "plan/profile.h"
#include "tensor/options.h"

namespace orpheus::library {

// Values that the user chose. If a field is empty, the machine's tier decides it, not the value in
// Options.
struct Choices {
  std::optional<int> max_sequences;
  std::optional<int>
      context_tokens;             // never reduced: short memory means fewer sequences or an error
  std::optional<int> max_tokens;  // of one piece of text
  std::optional<tensor::MatrixPrecision> matrix_precision;
};

// What "auto" means: a server puts a replica on every GPU; a single text needs only the first.
enum class Spread { kFirstDevice, kEveryDevice };

struct Fitted {
  VoiceFiles files;
  Options options;     // with device names and sizes; the plan may have smaller sizes
  int max_tokens = 0;  // of one piece; 0: the language model is remote
  plan::Profile profile;
  plan::MemoryPlan plan;  // sizes of each engine; no replicas: the language model is remote
};

// The device of the codec, as the options name it; empty: the first device of the first replica.
// Errors: kUsage (kernels on a GPU).
Result<std::string> named_codec_device(const Options& options);

// Reads the files' headers. If the voice of random weights is used, writes it first.
// Errors: those of voice_files and check_codec_of, of GgufFile::open and plan::needs_of, of
// plan_memory and named_codec_device.
Result<Fitted> fit_to_machine(const Options& options, const Choices& choices,
                              const hardware::Facts& facts, Spread spread);

}  // namespace orpheus::library
