#pragma once
// Writes a text in the letters and signs that a voice was trained with. Pure; from any thread.

#include <string>
#include <string_view>
#include <vector>

#include "text/spanned.h"

namespace orpheus::text {

// How emoji are handled.
enum class Emoji { kDrop, kName };

// Which text a voice's model was trained with, from its file.
struct Habits {
  std::string characters;     // of the training texts, UTF-8; empty: any
  size_t most_words = 0;      // in one piece; 0: no limit
  size_t most_sentences = 0;  // in one piece; 0: no limit
  bool speaks_tags = true;    // <laugh> is a sound, not a word
};

// For every voice: removes emoji (or writes their names in this language) and characters without a
// sound (zero-width, variation selectors). For a voice with an alphabet, also writes the rest in
// it: without accents, other scripts in Latin letters, brackets and dashes as commas, single
// letters by name, a run of signs as its strongest one. Tags (<laugh>) stay.
Spanned folded(const Spanned& text, std::string_view language, const Habits& habits, Emoji emoji);

// Gives a piece the form of the training sentences: a capital first, a full stop last.
Spanned finished(const Spanned& piece, const Habits& habits);

}  // namespace orpheus::text
