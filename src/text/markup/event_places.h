#pragma once
// Where the events of an HTML or XML parser stand in its input. A parser says how far it has read,
// which is before, within or behind the words or the tag of an event; and it adds tags that the
// input does not have. So words and tags are looked for, from the last event on. Belongs to one
// thread.

#include <cstddef>
#include <optional>
#include <string_view>

#include "text/markup/reading_place.h"
#include "text/markup/writer.h"

namespace orpheus::text::markup {

class EventPlaces {
 public:
  explicit EventPlaces(std::string_view input) : input_(input) {}

  // Behind the last event.
  size_t behind() const { return at_; }
  // The parser has read a comment or a declaration up to there.
  void pass(size_t read);

  // The start tag of this element, "<" to ">", if the input has it up to where the parser has read.
  std::optional<Range> start_tag(std::string_view name, size_t read);
  // The same for an end tag.
  std::optional<Range> end_tag(std::string_view name, size_t read);

  // Writes the words of an event, of which the first is at most where the parser has read.
  void write(Writer& writer, std::string_view words, size_t read, const Spelling& spelling);

 private:
  bool has_name(size_t begin, std::string_view name) const;
  bool is_tag(size_t at, size_t limit) const;
  size_t behind_sign(size_t at, size_t limit) const;

  std::string_view input_;
  size_t at_ = 0;
};

}  // namespace orpheus::text::markup
