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
  std::string characters;     // that it was taught, UTF-8; empty: any
  size_t most_words = 0;      // at once; 0 sets no bound
  size_t most_sentences = 0;  // at once; 0 sets no bound
  bool speaks_tags = true;    // <laugh> is a sound, not a word
};

// For every voice: removes emoji (or writes their names in this language) and characters without a
// sound (zero-width, variation selectors). For a voice with an alphabet, writes everything else in
// it: accents are dropped, other scripts become Latin letters, brackets and dashes commas, single
// letters their names, a run of signs its strongest. Tags (<laugh>) stay.
Spanned folded(const Spanned& text, std::string_view language, const Habits& habits, Emoji emoji);

// Gives a piece the form of such a voice's training sentences: a capital first, a full stop last.
Spanned finished(const Spanned& piece, const Habits& habits);

}  // namespace orpheus::text
