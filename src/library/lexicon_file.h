#pragma once
// The file of pronunciations that all requests are spoken with. From any thread.

#include "base/result.h"
#include "speech/options.h"

namespace orpheus::library {

// The options with the pronunciations of their file, if they name one. Errors: kNotFound, kIo,
// kBadFile (the line is named).
Result<speech::Options> with_lexicon(speech::Options options);

}  // namespace orpheus::library
