#include "text/markup/locator.h"

#include <algorithm>

#include "text/markup/reading_place.h"

namespace orpheus::text::markup {
namespace {

constexpr size_t kNear = 4096;     // bytes that are searched
constexpr size_t kBeginning = 24;  // bytes of the words that are looked for
constexpr Spelling kText{.is_of_markdown = true};
constexpr Spelling kCode{.has_entities = false, .is_of_markdown = true};

}  // namespace

Locator::Locator(std::string_view input) : input_(input), lines_{0} {
  for (size_t at = 0; at < input.size(); ++at) {
    const bool ends = input[at] == '\n' ||
                      (input[at] == '\r' && (at + 1 == input.size() || input[at + 1] != '\n'));
    if (ends) lines_.push_back(at + 1);
  }
}

size_t Locator::offset_of(int line, int column) const {
  if (line < 1 || static_cast<size_t>(line) > lines_.size()) return at_;
  const size_t begin = lines_[static_cast<size_t>(line) - 1];
  return std::min(begin + static_cast<size_t>(std::max(column, 1) - 1), input_.size());
}

std::optional<size_t> Locator::find(std::string_view words, size_t hint) const {
  if (hint >= at_ && input_.substr(hint, words.size()) == words) return hint;
  const size_t found = input_.substr(0, std::min(input_.size(), at_ + words.size() + kNear))
                           .find(words.substr(0, kBeginning), at_);
  if (found == std::string_view::npos || input_.substr(found, words.size()) != words)
    return std::nullopt;
  return found;
}

void Locator::write(Writer& writer, std::string_view words, size_t hint, bool is_code) {
  if (words.empty()) return;
  const auto write_at = [&](size_t begin) {
    const auto end = write_read_as(writer, words, input_, begin, is_code ? kCode : kText);
    if (end) at_ = *end;
    return end.has_value();
  };
  if (hint >= at_ && write_at(hint)) return;
  const size_t last = std::min(input_.size(), at_ + kNear / 16);
  for (size_t begin = at_; begin < last; ++begin)
    if (write_at(begin)) return;
  if (const auto found = find(words, hint); found && write_at(*found)) return;
  writer.spoken(words, about(words, hint));
}

Range Locator::about(std::string_view words, size_t hint) const {
  return bytes_from(input_, std::max(at_, hint), words.size());
}

}  // namespace orpheus::text::markup
