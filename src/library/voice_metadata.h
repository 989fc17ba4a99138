#pragma once
// What a language model's GGUF says of its voice, besides the weights. The same for a model that
// runs here and for one that runs elsewhere, whose file is read for this alone.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "lm/language_model.h"
#include "prompt/token.h"
#include "prompt/tokenizer.h"
#include "prompt/voices.h"
#include "tensor/gguf_file.h"
#include "text/fold.h"

namespace orpheus::library {

struct VoiceMetadata {
  std::string model_name = "orpheus";
  std::optional<prompt::Tokenizer> tokenizer;  // none without a file
  prompt::TokenLayout layout;                  // the published ids, unless the file has its own
  std::vector<prompt::Voice> voices;           // never empty
  lm::SamplingOptions sampling;                // what the file says
  text::Habits habits;                         // what the voice was taught
  bool is_synthetic = false;                   // random weights: it babbles and never ends
};

// Whether a model is one of several that share a synthesiser.
enum class Company { kAlone, kAmongOthers };

// The voices that a file lists. A stock file lists none: alone, it may be any checkpoint and gets
// all published voices; among others, its name tells its languages. Errors: kBadFile.
Result<std::vector<prompt::Voice>> voices_of_file(const tensor::GgufFile& file, Company company);

// Errors: those of llama::read_config and its siblings, of Tokenizer::create; kBadFile.
Result<VoiceMetadata> read_voice_metadata(const tensor::GgufFile& file, Company company);

// Of a published checkpoint whose file is not here.
VoiceMetadata published_voice_metadata();

// Adds the names that are not there yet, after those that are, so that the default voice stays.
void add_voices(const std::vector<std::string>& names, std::vector<prompt::Voice>& voices);

}  // namespace orpheus::library
