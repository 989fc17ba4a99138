#pragma once
// A language model's metadata about its voice. A remote model may have a local file, of which only
// this metadata is read.

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
  std::optional<prompt::Tokenizer> tokenizer;  // nullopt without a file
  prompt::TokenLayout layout;                  // the published ids, unless the file has its own
  std::vector<prompt::Voice> voices;           // never empty
  lm::SamplingOptions sampling;                // the file's values
  text::Habits habits;                         // the voice's training texts
  double characters_per_second = speech::kUsualCharactersPerSecond;
  bool is_synthetic = false;  // random weights: it babbles without an end
};

// kAmongOthers: the model is one of several in a synthesiser.
enum class Company { kAlone, kAmongOthers };

// The voices in a file's list. A published file has no list. Alone, it gets all published voices;
// as one of several models, the voices of the languages in its file name. Errors: kBadFile.
Result<std::vector<prompt::Voice>> voices_of_file(const tensor::GgufFile& file, Company company);

// Errors: those of the functions in llama/config.h and of Tokenizer::create; kBadFile.
Result<VoiceMetadata> read_voice_metadata(const tensor::GgufFile& file, Company company);

// The metadata of a published checkpoint without a local file.
VoiceMetadata published_voice_metadata();

// Appends names that are not in the list yet. The first voice stays the default.
void add_voices(const std::vector<std::string>& names, std::vector<prompt::Voice>& voices);

}  // namespace orpheus::library
