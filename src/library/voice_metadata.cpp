#include "library/voice_metadata.h"

#include <algorithm>
#include <utility>

#include "library/habits.h"
#include "lm/llama/config.h"

namespace orpheus::library {
namespace {

std::vector<prompt::Voice> all_published() {
  const auto published = prompt::published_voices();
  return {published.begin(), published.end()};
}

}  // namespace

Result<std::vector<prompt::Voice>> voices_of_file(const tensor::GgufFile& file, Company company) {
  ORPHEUS_TRY(const auto names, llama::read_voice_names(file));
  if (!names.empty()) {
    ORPHEUS_TRY(const std::string language, llama::read_language(file));
    return prompt::voices_named(names, language);
  }
  if (company == Company::kAmongOthers) return prompt::voices_of_checkpoint(file.name());
  return all_published();
}

Result<VoiceMetadata> read_voice_metadata(const tensor::GgufFile& file, Company company) {
  VoiceMetadata metadata;
  ORPHEUS_TRY(metadata.model_name, llama::read_model_name(file));
  ORPHEUS_TRY(const prompt::Vocabulary vocabulary, llama::read_vocabulary(file));
  ORPHEUS_TRY(metadata.layout,
              llama::read_token_layout(file, static_cast<int>(vocabulary.tokens.size())));
  ORPHEUS_TRY(metadata.tokenizer, prompt::Tokenizer::create(vocabulary));
  ORPHEUS_TRY(metadata.voices, voices_of_file(file, company));
  ORPHEUS_TRY(metadata.sampling, llama::read_sampling(file));
  ORPHEUS_TRY(metadata.habits, habits_of(file));
  ORPHEUS_TRY(metadata.is_synthetic, llama::read_is_synthetic(file));
  if (metadata.is_synthetic) metadata.characters_per_second = speech::kBabblingCharactersPerSecond;
  ORPHEUS_TRY(const double said, llama::read_characters_per_second(file));
  if (said > 0) metadata.characters_per_second = said;
  return metadata;
}

VoiceMetadata published_voice_metadata() { return {.voices = all_published()}; }

void add_voices(const std::vector<std::string>& names, std::vector<prompt::Voice>& voices) {
  for (prompt::Voice& voice : prompt::voices_named(names)) {
    const bool is_known = std::any_of(voices.begin(), voices.end(),
                                      [&](const auto& other) { return other.name == voice.name; });
    if (!is_known) voices.push_back(std::move(voice));
  }
}

}  // namespace orpheus::library
