#pragma once
// Reads from a model's file which texts its voice was trained with. Pure; from any thread.

#include "base/result.h"
#include "tensor/gguf_file.h"
#include "text/fold.h"

namespace orpheus::library {

// Errors: kBadFile (a key out of range).
Result<text::Habits> habits_of(const tensor::GgufFile& file);

}  // namespace orpheus::library
