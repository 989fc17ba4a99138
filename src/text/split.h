#pragma once
// Splits a text into pieces that are short enough to be spoken well: first at paragraphs and
// sentence ends, then at clauses, then between words. Pure functions: may be called from any
// thread.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "text/spanned.h"

namespace orpheus::text {

// Makes a text speakable: NFC; removes control characters, byte-order marks and soft hyphens; folds
// white space to single blanks but keeps paragraphs ("\n\n"). Errors: kUsage (not UTF-8; the offset
// is named), kLimit (past 256 MiB).
Result<std::string> normalise(std::string_view text);
// The same, with origins in the text's input.
Result<Spanned> normalise(const Spanned& text);

// The end of a piece, the weakest first.
enum class PieceEnd { kWord, kClause, kSentence, kParagraph };

struct Piece {
  std::string text;
  PieceEnd end = PieceEnd::kParagraph;  // the end of the text ends a paragraph
  bool operator==(const Piece&) const = default;
};

// Lengths in code points, except most_words.
struct PieceLengths {
  size_t most = 400;
  size_t most_words = 0;  // between blanks; 0: no limit
  // The most sentences of a piece; 0: no limit. With a limit, every stop before a blank ends a
  // sentence, because these voices do not speak the text after it.
  size_t most_sentences = 0;
  // A text of several pieces begins with a short piece, so that its sound comes soon: the first
  // sentences that together have at least this length.
  size_t least_first = 40;
  // The longest time of a piece: the sum of seconds_of its characters. Null: no limit.
  double most_seconds = 0;
  double (*seconds_of)(char32_t character) = nullptr;
};

// Splits a text into pieces, each within one paragraph. Short neighbouring
// sentences (by ICU's rules for this language, ISO 639-1) are joined; longer
// ones are cut at a clause, else between words; a longer word is cut
// anywhere. Tags such as <laugh> are not cut if they fit a piece. Together
// the pieces are the normalised text without the white space between them
// and without parts that have no letter or digit. Empty if nothing can be
// spoken.
std::vector<Piece> split(std::string_view normalised_text, std::string_view language,
                         const PieceLengths& lengths);

// The same pieces as stretches of the text. A single "\n" ends a piece too.
struct PieceRange {
  Range text;
  PieceEnd end = PieceEnd::kParagraph;
};
std::vector<PieceRange> split_ranges(std::string_view normalised_text, std::string_view language,
                                     const PieceLengths& lengths);

// The sentences of one piece, by the rules of split() ("St. Ives" does not end one), without the
// blanks between them; in order, none empty.
std::vector<Range> sentence_ranges(std::string_view normalised_text, std::string_view language);

// Whether a sentence ends before the blanks at this offset, by the same rules, as far as the text
// before it reaches. For one place; the rules are kept for the thread.
bool ends_sentence(std::string_view normalised_text, size_t offset, std::string_view language);

// Removes the tags of sounds (sounds.h), for a voice that would read them as words. Blanks around a
// tag become one blank.
std::string without_tags(std::string_view normalised_text);
Spanned without_tags(const Spanned& normalised_text);

}  // namespace orpheus::text
