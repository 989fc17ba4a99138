#pragma once
// A text in the letters and signs that a voice was taught. Pure; from any thread.

#include <string>
#include <string_view>
#include <vector>

#include "text/spanned.h"

namespace orpheus::text {

// What is done with the pictures among a text's characters.
enum class Emoji { kDrop, kName };

// How a voice's model reads, as its file says.
struct Habits {
  std::string characters;     // that it was taught, UTF-8; empty: any
  size_t most_words = 0;      // at once; 0 sets no bound
  size_t most_sentences = 0;  // at once; 0 sets no bound
  bool speaks_tags = true;    // <laugh> is a sound, not a word
};

// For every voice: no pictures (or their names in this language), no characters without a sound
// (zero-width, variation selectors). For one with an alphabet everything else is written in it:
// accents go, other scripts become Latin letters, brackets and dashes commas, letters that stand
// alone their names; a run of signs becomes its strongest. Tags (<laugh>) stay.
Spanned folded(const Spanned& text, std::string_view language, const Habits& habits, Emoji emoji);

// A piece as a voice with an alphabet was taught its sentences: from a capital to a stop.
Spanned finished(const Spanned& piece, const Habits& habits);

}  // namespace orpheus::text
