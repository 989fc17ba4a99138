#pragma once
// A language model's metadata about its voice. For a local model, and for a remote one, of which
// the file is read only for this.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "lm/language_model.h"
#include "prompt/token.h"
#include "prompt/tokenizer.h"
#include "prompt/voices.h"
#include "speech/speaking_time.h"
#include "tensor/gguf_file.h"
#include "text/fold.h"

namespace orpheus::library {

struct VoiceMetadata {
  std::string model_name = "orpheus";
  std::optional<prompt::Tokenizer> tokenizer;  // nothing without a file
  prompt::TokenLayout layout;                  // the published ids, unless the file has its own
  std::vector<prompt::Voice> voices;           // never empty
  lm::SamplingOptions sampling;                // what the file says
  text::Habits habits;                         // what the voice was taught
  double characters_per_second = speech::kUsualCharactersPerSecond;
  bool is_synthetic = false;  // random weights: it babbles and never ends
};

// kAmongOthers: the model is one of several in a synthesiser.
enum class Company { kAlone, kAmongOthers };

// The voices in a file's list. A stock file has no list. Alone, it may be any checkpoint, so it
// gets all published voices; among others, its name tells its languages. Errors: kBadFile.
Result<std::vector<prompt::Voice>> voices_of_file(const tensor::GgufFile& file, Company company);

// Errors: those of llama::read_config and its siblings, of Tokenizer::create; kBadFile.
Result<VoiceMetadata> read_voice_metadata(const tensor::GgufFile& file, Company company);

// The metadata of a published checkpoint without a local file.
VoiceMetadata published_voice_metadata();

// Appends names that are not in the list yet. The first voice stays the default.
void add_voices(const std::vector<std::string>& names, std::vector<prompt::Voice>& voices);

}  // namespace orpheus::library
