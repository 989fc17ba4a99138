#include "text/markup/locator.h"

#include <algorithm>

#include "text/markup/entity.h"

namespace orpheus::text::markup {
namespace {

constexpr size_t kNear = 4096;     // bytes that are searched
constexpr size_t kBeginning = 24;  // bytes of the words that are looked for

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

// Bytes of the input from there on that read as these words; nought where they read otherwise.
size_t Locator::length_of_match(std::string_view words, size_t begin) const {
  size_t at = begin;
  for (size_t i = 0; i < words.size();) {
    if (at >= input_.size()) return 0;
    const auto entity = input_[at] == '&' ? scan_entity(input_, at) : std::nullopt;
    if (entity && words.substr(i, entity->characters.size()) == entity->characters) {
      i += entity->characters.size();
      at += entity->size;
    } else if (input_[at] == words[i]) {
      ++at;
      ++i;
    } else if (input_[at] == '\\') {
      ++at;
      if (at >= input_.size() || input_[at] != words[i]) return 0;
    } else {
      return 0;
    }
  }
  return at - begin;
}

std::optional<size_t> Locator::find(std::string_view words, size_t hint) const {
  if (hint >= at_ && input_.substr(hint, words.size()) == words) return hint;
  const size_t found = input_.substr(0, std::min(input_.size(), at_ + words.size() + kNear))
                           .find(words.substr(0, kBeginning), at_);
  if (found == std::string_view::npos || input_.substr(found, words.size()) != words)
    return std::nullopt;
  return found;
}

void Locator::write(Writer& writer, std::string_view words, size_t hint) {
  if (words.empty()) return;
  if (const auto found = find(words, hint)) {
    at_ = *found + words.size();
    return writer.text({*found, at_});
  }
  size_t begin = hint;
  size_t length = hint >= at_ ? length_of_match(words, hint) : 0;
  const size_t last = std::min(input_.size(), at_ + kNear / 16);
  for (size_t near = at_; length == 0 && near < last; ++near) {
    begin = near;
    length = length_of_match(words, near);
  }
  if (length == 0) return writer.spoken(words, {at_, at_});
  // Verbatim where it is, so that a word of many keeps its own place. Takes the same steps as
  // length_of_match.
  size_t at = begin;
  for (size_t i = 0; i < words.size();) {
    size_t same = 0;
    while (i + same < words.size() && input_[at + same] == words[i + same] &&
           input_[at + same] != '&')
      ++same;
    if (same > 0) {
      writer.text({at, at + same});
      at += same;
      i += same;
    } else if (input_[at] == '\\') {
      ++at;
    } else if (const auto entity = scan_entity(input_, at);
               input_[at] == '&' && entity &&
               words.substr(i, entity->characters.size()) == entity->characters) {
      writer.spoken(entity->characters, {at, at + entity->size});
      at += entity->size;
      i += entity->characters.size();
    } else {
      writer.text({at, at + 1});
      ++at;
      ++i;
    }
  }
  at_ = at;
}

}  // namespace orpheus::text::markup
