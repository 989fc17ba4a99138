#include "text/markup/reading_place.h"

#include <algorithm>

#include <unicode/utf8.h>

#include "text/markup/entity.h"

namespace orpheus::text::markup {
namespace {

size_t size_of_character(std::string_view words, size_t at) {
  size_t end = at;
  U8_FWD_1(reinterpret_cast<const uint8_t*>(words.data()), end, words.size());
  return end - at;
}

// Bytes of an "&name;" that only the parser knows, which stands for one character of others.
size_t size_of_name(std::string_view input, size_t begin) {
  constexpr size_t kMostBytes = 40;
  const std::string_view rest = input.substr(begin, kMostBytes);
  const size_t end = std::min(std::find_if_not(rest.begin() + 1, rest.end(),
                                               [](char c) {
                                                 return (c >= 'a' && c <= 'z') ||
                                                        (c >= 'A' && c <= 'Z') ||
                                                        (c >= '0' && c <= '9');
                                               }) -
                                  rest.begin(),
                              static_cast<std::ptrdiff_t>(rest.size()));
  return end > 1 && end < rest.size() && rest[end] == ';' ? end + 1 : 0;
}

// Bytes of a line end.
size_t size_of_line_end(std::string_view input, size_t begin) {
  return input.substr(begin, 2) == "\r\n" ? 2 : 1;
}

// An indent or a sign of a quotation: a parser of Markdown may drop it.
bool is_before_line(std::string_view input, size_t at) {
  constexpr std::string_view kSigns = " \t>";
  if (kSigns.find(input[at]) == kSigns.npos) return false;
  const size_t before = input.find_last_not_of(kSigns, at);
  return before != input.npos && (input[before] == '\n' || input[before] == '\r');
}

// Calls visit(words, origin, is_verbatim) for each stretch of the words and the bytes that it is
// written with. Returns the place behind them; nothing at the first byte that is read otherwise.
template <typename Visit>
std::optional<size_t> for_each_stretch(std::string_view words, std::string_view input, size_t begin,
                                       const Spelling& spelling, const Visit& visit) {
  size_t at = begin;
  for (size_t i = 0; i < words.size();) {
    if (at >= input.size()) return std::nullopt;
    const auto entity =
        spelling.has_entities && input[at] == '&' ? scan_entity(input, at) : std::nullopt;
    if (entity && words.substr(i, entity->characters.size()) == entity->characters) {
      visit(words.substr(i, entity->characters.size()), Range{at, at + entity->size}, false);
      i += entity->characters.size();
      at += entity->size;
    } else if (input[at] == words[i]) {
      visit(words.substr(i, 1), Range{at, at + 1}, true);
      ++at;
      ++i;
    } else if (spelling.has_line_ends && input[at] == '\r' && words[i] == '\n') {
      const size_t size = size_of_line_end(input, at);
      visit(words.substr(i, 1), Range{at, at + size}, false);
      at += size;
      ++i;
    } else if (spelling.is_of_markdown && input[at] == '\\' && at + 1 < input.size() &&
               input[at + 1] == words[i]) {
      visit(words.substr(i, 1), Range{at + 1, at + 2}, true);
      at += 2;
      ++i;
    } else if (spelling.is_of_markdown && words[i] == ' ' &&
               (input[at] == '\n' || input[at] == '\r')) {
      const size_t size = size_of_line_end(input, at);
      visit(words.substr(i, 1), Range{at, at + size}, false);
      at += size;
      ++i;
    } else if (spelling.is_of_markdown && at > begin && is_before_line(input, at)) {
      ++at;
    } else if (const size_t name =
                   spelling.is_of_markdown && spelling.has_entities && input[at] == '&'
                       ? size_of_name(input, at)
                       : 0;
               name > 0) {
      const size_t size = size_of_character(words, i);
      visit(words.substr(i, size), Range{at, at + name}, false);
      at += name;
      i += size;
    } else {
      return std::nullopt;
    }
  }
  return at;
}

}  // namespace

std::optional<size_t> write_read_as(Writer& writer, std::string_view words, std::string_view input,
                                    size_t begin, const Spelling& spelling) {
  const auto skip = [](std::string_view, Range, bool) {};
  if (!for_each_stretch(words, input, begin, spelling, skip)) return std::nullopt;
  Range same{begin, begin};  // bytes that stand for themselves; written together
  const auto write = [&](std::string_view part, Range origin, bool is_verbatim) {
    is_verbatim = is_verbatim && writer.input()[origin.begin] == part.front();
    if (is_verbatim && origin.begin == same.end) {
      same.end = origin.end;
      return;
    }
    writer.text(same);
    same = is_verbatim ? origin : Range{origin.end, origin.end};
    if (!is_verbatim) writer.spoken(part, origin);
  };
  const auto end = for_each_stretch(words, input, begin, spelling, write);
  writer.text(same);
  return end;
}

Range bytes_from(std::string_view input, size_t begin, size_t size) {
  begin = std::min(begin, input.size());
  size_t end = std::min(begin + size, input.size());
  while (end < input.size() && U8_IS_TRAIL(static_cast<uint8_t>(input[end]))) ++end;
  return {begin, end};
}

}  // namespace orpheus::text::markup
