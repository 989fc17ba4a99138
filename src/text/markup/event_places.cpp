#include "text/markup/event_places.h"

#include <algorithm>

namespace orpheus::text::markup {
namespace {

char small(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool begins_name(char c) { return (small(c) >= 'a' && small(c) <= 'z') || c == '_' || c == ':'; }

bool ends_name(char c) {
  constexpr std::string_view kEnds = " \t\r\n\f/>";
  return kEnds.find(c) != kEnds.npos;
}

}  // namespace

void EventPlaces::pass(size_t read) { at_ = std::clamp(read, at_, input_.size()); }

bool EventPlaces::has_name(size_t begin, std::string_view name) const {
  const std::string_view written = input_.substr(std::min(begin, input_.size()), name.size());
  const size_t end = begin + name.size();
  return written.size() == name.size() && (end >= input_.size() || ends_name(input_[end])) &&
         std::equal(written.begin(), written.end(), name.begin(),
                    [](char a, char b) { return small(a) == small(b); });
}

std::optional<Range> EventPlaces::start_tag(std::string_view name, size_t read) {
  read = std::min(read, input_.size());
  const std::string_view seen = input_.substr(0, read);
  size_t begin = seen.find('<', at_);
  while (begin != seen.npos && !has_name(begin + 1, name)) begin = seen.find('<', begin + 1);
  if (begin == seen.npos) return std::nullopt;
  at_ = std::min(input_.find('>', read), input_.size() - 1) + 1;  // the parser stands before it
  return Range{begin, at_};
}

std::optional<Range> EventPlaces::end_tag(std::string_view name, size_t read) {
  read = std::clamp(read, at_, input_.size());
  const size_t begin = input_.substr(at_, read - at_).rfind("</");
  if (begin == input_.npos || !has_name(at_ + begin + 2, name)) return std::nullopt;
  const Range tag{at_ + begin, read};
  at_ = read;
  return tag;
}

// A tag of which the parser has read all.
bool EventPlaces::is_tag(size_t at, size_t limit) const {
  if (at + 2 >= limit || input_[at] != '<') return false;
  const bool begins = begins_name(input_[at + (input_[at + 1] == '/' ? 2 : 1)]);
  return begins && behind_sign(at, limit) > at + 1;
}

// The next place where words may begin: behind a tag or a declaration, or one byte on.
size_t EventPlaces::behind_sign(size_t at, size_t limit) const {
  constexpr std::string_view kCdata = "<![CDATA[";
  if (input_[at] != '<' || at + 1 >= limit) return at + 1;
  if (input_.substr(at, kCdata.size()) == kCdata) return std::min(at + kCdata.size(), limit);
  const char first = input_[at + 1];
  if (!begins_name(first) && first != '/' && first != '!' && first != '?') return at + 1;
  const size_t end = input_.substr(0, limit).find('>', at);
  return end < limit ? end + 1 : at + 1;
}

void EventPlaces::write(Writer& writer, std::string_view words, size_t read,
                        const Spelling& spelling) {
  if (words.empty()) return;
  const size_t limit = std::clamp(read, at_, input_.size());
  for (size_t begin = at_; begin <= limit;
       begin = begin < limit ? behind_sign(begin, limit) : limit + 1) {
    // A tag that the parser dropped.
    if (spelling.has_entities && is_tag(begin, limit)) continue;
    if (const auto end = write_read_as(writer, words, input_, begin, spelling)) {
      at_ = *end;
      return;
    }
  }
  // Written in a way that is not known here: what the parser has read since the last event.
  const Range origin = limit > at_ ? Range{at_, limit} : bytes_from(input_, at_, words.size());
  writer.spoken(words, origin);
  at_ = origin.end;
}

}  // namespace orpheus::text::markup
