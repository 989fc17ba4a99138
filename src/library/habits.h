#pragma once
// What a model's file says about the text that its voice was taught. Pure; from any thread.

#include "base/result.h"
#include "tensor/gguf_file.h"
#include "text/fold.h"

namespace orpheus::library {

// Errors: kBadFile (a key that makes no sense).
Result<text::Habits> habits_of(const tensor::GgufFile& file);

}  // namespace orpheus::library
