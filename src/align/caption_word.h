#pragma once
// The words of a speech as they are shown to a reader: as they are written ("$5"), with their
// punctuation. Pure; from any thread.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "align/word_time.h"
#include "text/spanned.h"

namespace orpheus::align {

// What ends behind a word.
enum class Break { kNone, kClause, kSentence };

struct CaptionWord {
  std::string text;           // "$5,"
  bool follows_blank = true;  // false: it continues the word before it, as in Chinese
  int64_t begin_ms = 0;
  int64_t end_ms = 0;
  Break after = Break::kNone;
  bool operator==(const CaptionWord&) const = default;
};

// The pieces beside a piece, as offsets in the request's text.
struct Neighbours {
  std::optional<size_t> behind_last;  // of the piece before; nothing: this is the first
  std::optional<size_t> next;         // the begin of the piece behind; nothing: this is the last
};

// spoken: a piece's text; words: all of its words, in order; request_text: the text that the
// origins are places in; speed: of the sound. Words that were written as one ("five dollars") are
// one. A spoken form of markup, or of more than kLongestWritten bytes, is shown as it is spoken.
// Entities are shown as their characters ("&" for "&amp;"), and tags in brackets: "[laugh]".
// Unspoken pictures and marks between two pieces are shown with the word before them or behind
// them (unspoken.h), so that each is shown once.
std::vector<CaptionWord> caption_words(const text::Spanned& spoken, std::span<const WordTime> words,
                                       std::string_view request_text, const Neighbours& neighbours,
                                       double speed = 1.0);

inline constexpr size_t kLongestWritten = 60;

}  // namespace orpheus::align
