#pragma once
// Loads the file of pronunciations for all requests. From any thread.

#include "base/result.h"
#include "speech/options.h"

namespace orpheus::library {

// Returns the options with the pronunciations of their file, if they name one. Errors: kNotFound,
// kIo, kBadFile (with the line).
Result<speech::Options> with_lexicon(speech::Options options);

}  // namespace orpheus::library
