#pragma once
// Finds the places of a Markdown parser's words in its input. The parser decodes entities and
// escapes, and its positions are off by a few bytes, so a word is searched from the end of the last
// one. Belongs to one thread.

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "text/markup/writer.h"

namespace orpheus::text::markup {

class Locator {
 public:
  // input: what the parser reads, with the offsets of the writer's input. It must outlive the
  // object.
  explicit Locator(std::string_view input);

  // Writes the words with the place of the next matching part of the input. is_code: entities in
  // them are no characters.
  void write(Writer& writer, std::string_view words, size_t hint, bool is_code = false);
  // The place of the exact words nearby; nothing if they are not there.
  std::optional<size_t> find(std::string_view words, size_t hint) const;
  // The place of words that are not found: where they may be.
  Range about(std::string_view words, size_t hint) const;
  // After the last found place.
  size_t behind() const { return at_; }
  // offset: at most the input's size.
  void pass(size_t offset) { at_ = std::max(at_, offset); }

  size_t end_of_line(size_t offset) const {
    return std::min(input_.find_first_of("\r\n", offset), input_.size());
  }
  // line and column from 1, in bytes.
  size_t offset_of(int line, int column) const;

 private:
  std::string_view input_;
  std::vector<size_t> lines_;
  size_t at_ = 0;
};

}  // namespace orpheus::text::markup
