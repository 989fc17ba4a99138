#pragma once
// Text to pieces short enough to be spoken well: at paragraphs and sentence
// ends first, then at clauses, then between words. Pure functions: may be
// called from any thread.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "text/spanned.h"

namespace orpheus::text {

// Makes a text speakable: NFC; control characters, byte-order marks and soft
// hyphens out; white space folded to single blanks with paragraphs ("\n\n")
// kept. Errors: kUsage (not UTF-8; the offset is named), kLimit (past 256 MiB).
Result<std::string> normalise(std::string_view text);
// The same, with origins in the text's input.
Result<Spanned> normalise(const Spanned& text);

// What a piece ends at, the weakest first.
enum class PieceEnd { kWord, kClause, kSentence, kParagraph };

struct Piece {
  std::string text;
  PieceEnd end = PieceEnd::kParagraph;  // the text's own end is a paragraph's
  bool operator==(const Piece&) const = default;
};

// Lengths in code points, but for most_words.
struct PieceLengths {
  size_t most = 400;
  size_t most_words = 0;  // between blanks; 0 sets no bound
  // Of one piece; 0 sets no bound. With one, every stop before a blank ends a sentence: such a
  // voice says nothing behind it.
  size_t most_sentences = 0;
  // A text that does not fit one piece begins with a short one, so that it is
  // heard soon: its first sentences of together this length or more.
  size_t least_first = 40;
};

// Pieces within one paragraph each: short neighbouring sentences (by ICU's
// rules for this language, ISO 639-1) are joined, longer ones cut at a clause,
// else between words, and a single longer word anywhere. Tags such as <laugh>
// stay whole where they fit a piece. Concatenated, the pieces are the
// normalised text but for the white space between them and for stretches
// without a letter or digit (a line of asterisks). Empty for a text without
// anything to speak.
std::vector<Piece> split(std::string_view normalised_text, std::string_view language,
                         const PieceLengths& lengths);

// The same pieces as stretches of the text. A single "\n" ends a piece too.
struct PieceRange {
  Range text;
  PieceEnd end = PieceEnd::kParagraph;
};
std::vector<PieceRange> split_ranges(std::string_view normalised_text, std::string_view language,
                                     const PieceLengths& lengths);

// The sentences of one piece, as split() sees them ("St. Ives" is inside one), without the blanks
// between them; in order, none empty.
std::vector<Range> sentence_ranges(std::string_view normalised_text, std::string_view language);

// The text without the tags that are sounds (sounds.h), for a voice that would read them out as
// words. Blanks around one are one blank afterwards.
std::string without_tags(std::string_view normalised_text);
Spanned without_tags(const Spanned& normalised_text);

}  // namespace orpheus::text
