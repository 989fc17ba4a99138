#pragma once
// Composes a synthesiser from options, for commands, server and C interface. options →
// fit_to_machine (files, devices, memory plan) → open_synthesiser (weights, engines, decoder,
// voices).

#include <memory>

#include "base/result.h"
#include "library/fitted.h"
#include "speech/synthesiser.h"
#include "tensor/weights.h"

namespace orpheus::library {

// May be called from any thread; takes seconds for a large model. The result is safe for
// concurrent use, and ends its threads when it is destroyed. For a remote model without a local
// file, waits a few seconds for the server to describe its voice; the server may also answer
// later. progress gets the loaded bytes of each model in turn. Errors: those of Model::load,
// Decoder::open, Tokenizer::create, Device::open, Remote::open; kBadFile (the codec has too few
// codes).
Result<std::unique_ptr<speech::Synthesiser>> open_synthesiser(
    const Fitted& fitted, const tensor::LoadProgress& progress = {});

}  // namespace orpheus::library
