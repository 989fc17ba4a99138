#pragma once
// Puts a synthesiser together: language model, codec, tokenizer and voices from files, on a device
// of this machine; or with the language model elsewhere, where options.remote has an address.

#include <memory>

#include "base/result.h"
#include "library/built_in_voice.h"
#include "library/options.h"
#include "speech/synthesiser.h"
#include "tensor/weights.h"

namespace orpheus::library {

// The two files that the options mean; the built-in voice is made where they name none. Errors:
// kUsage (a model without a codec or the reverse), those of synthetic_voice.
Result<VoiceFiles> voice_files(const Options& options);

// May be called from any thread; takes seconds for a large model. The result is safe for concurrent
// use, and ends its threads when it is destroyed.
// Errors: kUsage (a model without a codec or the reverse), kBadFile (a codec with fewer codes than
// the model speaks); those of Model::load, Decoder::open, Tokenizer::create and Device::open; those
// of synthetic_voice. progress hears of each model's weights in turn.
Result<std::unique_ptr<speech::Synthesiser>> open_synthesiser(
    const Options& options, const tensor::LoadProgress& progress = {});

}  // namespace orpheus::library
