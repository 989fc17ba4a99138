#pragma once
// Which files a synthesiser is made of, and whether they belong together.

#include <filesystem>

#include "base/result.h"
#include "library/options.h"
#include "prompt/token.h"
#include "snac/config.h"

namespace orpheus::library {

struct VoiceFiles {
  std::filesystem::path model;  // empty: the language model is elsewhere, and no vocabulary is here
  std::filesystem::path codec;
};

// The model and codec that the options name, else the built-in voice: the small voice where it is
// installed, else a voice of random weights that is written below data_folder.
// Errors: kUsage (a model without a codec, a codec without a model, a language model elsewhere
// without a codec); those of synthetic_voice.
Result<VoiceFiles> voice_files(const Options& options);

// Errors: kBadFile (the codec has fewer codes than the model speaks).
Result<void> check_codec_of(const prompt::TokenLayout& layout, const snac::Config& codec);

}  // namespace orpheus::library
