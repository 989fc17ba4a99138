#pragma once
// Finds the places of a Markdown parser's words in its input. The parser decodes entities and
// escapes, and its positions are off by a few bytes, so a word is searched from the end of the last
// one. Belongs to one thread.

#include <optional>
#include <string_view>
#include <vector>

#include "text/markup/writer.h"

namespace orpheus::text::markup {

class Locator {
 public:
  explicit Locator(std::string_view input);

  // Writes the words as the next stretch of the input that reads so.
  void write(Writer& writer, std::string_view words, size_t hint);
  // Where the words stand as they are; none where they do not, near.
  std::optional<size_t> find(std::string_view words, size_t hint) const;
  void pass(size_t offset) { at_ = std::max(at_, offset); }

  // line and column from 1, in bytes.
  size_t offset_of(int line, int column) const;

 private:
  struct Match;
  size_t length_of_match(std::string_view words, size_t begin) const;

  std::string_view input_;
  std::vector<size_t> lines_;
  size_t at_ = 0;  // behind what was found last
};

}  // namespace orpheus::text::markup
