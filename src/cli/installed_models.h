#pragma once
// Resolves names of installed models in --model and --codec, and chooses the default model. For the
// main thread.

#include "base/result.h"
#include "config/settings.h"
#include "models/store.h"

namespace orpheus::cli {

// The name of the small voice that comes with the program.
inline constexpr const char* kSmallVoice = "small";

models::Store store_of(const config::Settings& settings);

// Replaces names of installed models and codecs by paths. Without a model it takes the chosen
// voice; without a codec, beside a model, the installed codec. kSmallVoice as the model stands for
// the small voice and its codec. Errors: kNotFound (a catalogue name that is not installed, a
// chosen voice that is missing); the first error is returned, but all other names are resolved.
Result<void> find_models(config::Settings& settings);

}  // namespace orpheus::cli
