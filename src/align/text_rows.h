#pragma once
// The rows of a prompt that hold the text of a piece, and which word each belongs to. Pure
// functions and plain values: may be used from any thread.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/words.h"

namespace orpheus::align {

struct TextRow {
  int word = -1;        // index in the words; −1: blanks and marks between words
  int num_letters = 0;  // characters of the word that begin in this row; 0 in a tag
  bool operator==(const TextRow&) const = default;
};

struct TextRows {
  int first = 0;              // index of the first row among the tokens
  std::vector<TextRow> rows;  // of consecutive tokens
  bool operator==(const TextRows&) const = default;
};

// tokens: the bytes of each token of "voice: text"; prefix: the bytes before the text in it; words:
// of the text, in order. The rows begin with the first token that has a byte of the text. One more
// row stands for the token behind the text, where a model looks when all is said.
TextRows text_rows(std::span<const std::string> tokens, size_t prefix, std::string_view text,
                   std::span<const text::Word> words);

}  // namespace orpheus::align
