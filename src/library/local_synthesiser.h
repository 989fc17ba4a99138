#pragma once
// Puts a synthesiser together: language model, codec, tokenizer and voices from files, on a device
// of this machine.

#include <memory>

#include "base/result.h"
#include "library/options.h"
#include "speech/synthesiser.h"

namespace orpheus::library {

// The result is safe for concurrent use, and ends its threads when it is destroyed.
// Errors: kUsage (a model without a codec or the reverse); those of Model::load, Codec::load,
// Tokenizer::create and Device::open; those of built_in_voice.
Result<std::unique_ptr<speech::Synthesiser>> open_synthesiser(const Options& options);

}  // namespace orpheus::library
