#include "library/habits.h"

#include "lm/llama/config.h"

namespace orpheus::library {

Result<text::Habits> habits_of(const tensor::GgufFile& file) {
  text::Habits habits;
  ORPHEUS_TRY(habits.characters, llama::read_characters(file));
  ORPHEUS_TRY(const int max_words, llama::read_max_words(file));
  habits.most_words = static_cast<size_t>(max_words);
  ORPHEUS_TRY(const int max_sentences, llama::read_max_sentences(file));
  habits.most_sentences = static_cast<size_t>(max_sentences);
  ORPHEUS_TRY(habits.speaks_tags, llama::read_speaks_tags(file));
  return habits;
}

}  // namespace orpheus::library
