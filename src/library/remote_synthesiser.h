#pragma once
// A synthesiser whose language model is elsewhere: codec, prompts and voices are here.

#include <memory>

#include "base/result.h"
#include "library/options.h"
#include "speech/synthesiser.h"

namespace orpheus::library {

// options.model, if given, lends its vocabulary, ids and voices; its weights are not read. Asks no
// server yet. Errors: kUsage (no codec, an address that is none); those of GgufFile::open and
// Decoder::open; kBadFile (a vocabulary that is not Orpheus', a codec with fewer codes).
Result<std::unique_ptr<speech::Synthesiser>> open_remote_synthesiser(const Options& options);

}  // namespace orpheus::library
