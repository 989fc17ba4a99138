#pragma once
// Makes a voice from a seed: a language model of Orpheus's shape and a SNAC codec, both with random
// weights. The voice babbles; it is for trying the program. May be called from any thread. Starts
// threads, which have ended when it returns.

#include <cstdint>
#include <filesystem>

#include "base/result.h"
#include "convert/quantise.h"
#include "convert/weight_mix.h"

namespace orpheus::convert {

enum class VoiceSize { kTiny, kSmall, k1b, k3b };

enum class VoiceHead {
  kTied,   // like the released model: token_embd is also the head
  kSlots,  // a separate head: the likeliest token always fits its slot
};

struct VoiceOptions {
  VoiceSize size = VoiceSize::kTiny;
  WeightMix mix = WeightMix::kF16;
  VoiceHead head = VoiceHead::kTied;
  uint64_t seed = 1;
};

// Writes folder/lm.gguf and folder/codec.gguf (the released codec's size with 1b and 3b, a narrow
// one below) and makes the folder if needed. Both files appear after the last byte of both is
// written, or neither does. Uses every core; holds a few megabytes of the model at a time. Errors:
// kIo, kUsage (the folder is a file).
Result<void> write_synthetic_voice(const std::filesystem::path& folder, const VoiceOptions& options,
                                   const WriteProgress& progress = {});

}  // namespace orpheus::convert
