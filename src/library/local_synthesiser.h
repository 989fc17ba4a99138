#pragma once
// Puts a synthesiser together: language model, codec, tokenizer and voices from files, on a device
// of this machine; or with the language model elsewhere, where options.remote has an address.

#include <memory>

#include "base/result.h"
#include "library/options.h"
#include "speech/synthesiser.h"

namespace orpheus::library {

// May be called from any thread; takes seconds for a large model. The result is safe for concurrent
// use, and ends its threads when it is destroyed.
// Errors: kUsage (a model without a codec or the reverse), kBadFile (a codec with fewer codes than
// the model speaks); those of Model::load, Decoder::open, Tokenizer::create and Device::open; those
// of built_in_voice.
Result<std::unique_ptr<speech::Synthesiser>> open_synthesiser(const Options& options);

}  // namespace orpheus::library
