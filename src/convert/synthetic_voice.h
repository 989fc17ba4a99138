#pragma once
// A voice made up from a seed: a language model of Orpheus's shape and a SNAC codec, both random.
// It babbles, so it serves to try a program, not to listen to. May be called from any thread;
// starts threads of its own, which have ended when it returns.

#include <cstdint>
#include <filesystem>

#include "base/result.h"
#include "convert/quantise.h"
#include "convert/weight_mix.h"

namespace orpheus::convert {

enum class VoiceSize { kTiny, kSmall, k1b, k3b };

enum class VoiceHead {
  kTied,   // as the released model: token_embd serves as the head
  kSlots,  // a head of its own, with which the likeliest token always fits its slot of the frame
};

struct VoiceOptions {
  VoiceSize size = VoiceSize::kTiny;
  WeightMix mix = WeightMix::kF16;
  VoiceHead head = VoiceHead::kTied;
  uint64_t seed = 1;
};

// Writes folder/lm.gguf and folder/codec.gguf (the released codec's size with 1b and 3b, a narrow
// one below) and makes the folder where there is none. Both appear whole, after the last byte of
// both is written, or neither does. Uses every core; holds a few megabytes of the model at a time.
// Errors: kIo, kUsage (the folder is a file).
Result<void> write_synthetic_voice(const std::filesystem::path& folder, const VoiceOptions& options,
                                   const WriteProgress& progress = {});

}  // namespace orpheus::convert
