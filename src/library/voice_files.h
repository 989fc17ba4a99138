#pragma once
// Finds the files of a synthesiser and checks that they fit together.

#include <filesystem>

#include "base/result.h"
#include "library/options.h"
#include "prompt/token.h"
#include "snac/config.h"

namespace orpheus::library {

struct VoiceFiles {
  std::filesystem::path model;  // empty: the language model is remote, without a local vocabulary
  std::filesystem::path codec;
};

// The model and codec of the options, or the built-in voice: the small voice if it is installed,
// else a voice of random weights, written below data_folder. Errors: kUsage (a model without a
// codec, a codec without a model, a remote language model without a codec); those of
// synthetic_voice.
Result<VoiceFiles> voice_files(const Options& options);

// Errors: kBadFile (the codec has fewer codes than the model speaks).
Result<void> check_codec_of(const prompt::TokenLayout& layout, const snac::Config& codec);

}  // namespace orpheus::library
