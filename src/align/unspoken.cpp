#include "align/unspoken.h"

#include <algorithm>

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "text/markup/entity.h"
#include "text/markup/inlines.h"
#include "text/markup/tag.h"

namespace orpheus::align {
namespace {

constexpr std::string_view kBlanks = " \n\t\r";

UChar32 next(std::string_view text, size_t& offset) {
  UChar32 c = 0;
  U8_NEXT(reinterpret_cast<const uint8_t*>(text.data()), offset, text.size(), c);
  return c;
}

// Emoji; not © and the like, which are read.
bool is_picture(UChar32 c) {
  return c >= 0x2300 && (u_hasBinaryProperty(c, UCHAR_EXTENDED_PICTOGRAPHIC) != 0 ||
                         u_hasBinaryProperty(c, UCHAR_EMOJI_PRESENTATION) != 0 ||
                         u_hasBinaryProperty(c, UCHAR_EMOJI_MODIFIER) != 0);
}

// What shapes a picture, or joins it with the next one.
bool shapes(UChar32 c) {
  constexpr UChar32 kZeroWidthJoiner = 0x200D;
  constexpr UChar32 kKeycap = 0x20E3;
  const bool is_tag = c >= 0xE0020 && c <= 0xE007F;  // of a region's flag
  return c == kZeroWidthJoiner || c == kKeycap || is_tag ||
         u_hasBinaryProperty(c, UCHAR_VARIATION_SELECTOR) != 0;
}

bool has_letters(std::string_view text) {
  for (size_t offset = 0; offset < text.size();) {
    if (u_isalnum(next(text, offset))) return true;
  }
  return false;
}

// Without comments, hidden elements, tags and the addresses of links.
std::string without_markup(std::string_view text) {
  const auto tags = text::markup::TagsOfText::of(text, {});
  std::string visible;
  auto unsaid = tags.unsaid.begin();
  for (size_t at = 0; at < text.size();) {
    size_t end = at + 1;
    if (unsaid != tags.unsaid.end() && unsaid->begin <= at) {
      end = std::max(unsaid->end, at + 1);
      ++unsaid;
    } else if (const auto tag = text[at] == '<' ? text::markup::scan_tag(text, at) : std::nullopt) {
      end = tag->extent.end;
    } else if (text.substr(at, 2) == "](") {
      end = std::min(text.find(')', at), text.size() - 1) + 1;
    } else {
      visible += text[at];
    }
    at = end;
  }
  return text::markup::without_entities(visible);
}

void add_pictures(std::string_view line, std::string& shown) {
  const auto set_apart = [&] {
    if (!shown.ends_with(' ')) shown += ' ';
  };
  const bool has_pictures = !has_letters(line);
  bool is_of_picture = false;
  for (size_t offset = 0; offset < line.size();) {
    const size_t begin = offset;
    const UChar32 c = next(line, offset);
    is_of_picture = has_pictures && (is_picture(c) || (is_of_picture && shapes(c)));
    if (is_of_picture)
      shown += line.substr(begin, offset - begin);
    else if (u_isUWhiteSpace(c))
      set_apart();
  }
}

bool opens(UChar32 c) {
  const auto type = u_charType(c);
  return type == U_START_PUNCTUATION || type == U_INITIAL_PUNCTUATION || c == 0xBF || c == 0xA1;
}

bool is_dash(UChar32 c) { return c >= 0x2013 && c <= 0x2015; }

bool closes(UChar32 c) {
  const auto type = u_charType(c);
  constexpr std::string_view kMarks = ".!?,;:\"'";
  const bool is_ascii_mark = c > 0 && c < 0x80 && kMarks.find(static_cast<char>(c)) != kMarks.npos;
  return is_ascii_mark || type == U_END_PUNCTUATION || type == U_FINAL_PUNCTUATION || c == 0x2026 ||
         c == 0x3001 || c == 0x3002 || c == 0xFF0C || c == 0xFF01 || c == 0xFF1F;
}

}  // namespace

size_t part_of_word_before(std::string_view unspoken) {
  if (const size_t line = unspoken.find_last_of("\r\n"); line != unspoken.npos) return line + 1;
  if (const size_t blank = unspoken.find_last_of(kBlanks); blank != unspoken.npos) return blank + 1;
  size_t cut = unspoken.size();
  for (size_t offset = 0; offset < unspoken.size();) {
    const size_t begin = offset;
    cut = opens(next(unspoken, offset)) ? std::min(cut, begin) : unspoken.size();
  }
  return cut;
}

std::string pictures_in(std::string_view unspoken) {
  const std::string visible = without_markup(unspoken);
  std::string shown;
  for (size_t begin = 0; begin < visible.size();) {
    const size_t end = std::min(visible.find_first_of("\r\n", begin), visible.size() - 1) + 1;
    add_pictures(std::string_view(visible).substr(begin, end - begin), shown);
    begin = end;
  }
  return shown.find_first_not_of(' ') == shown.npos ? std::string() : shown;
}

std::string closing_marks_of(std::string_view unspoken) {
  constexpr std::string_view kEmphasis = "*_~`";
  std::string marks;
  size_t offset = 0;
  while (offset < unspoken.size()) {
    if (unspoken[offset] == '<') {
      const auto tag = text::markup::scan_tag(unspoken, offset);
      if (!tag) break;
      offset = tag->extent.end;
      continue;
    }
    size_t end = offset;
    const UChar32 c = next(unspoken, end);
    const bool is_of_link = unspoken.substr(offset, 2) == "](";
    const bool is_emphasis = kEmphasis.find(unspoken[offset]) != kEmphasis.npos;
    if (is_of_link || (!is_emphasis && !closes(c))) break;
    if (!is_emphasis) marks += unspoken.substr(offset, end - offset);
    offset = end;
  }
  const size_t dash = std::min(unspoken.find_first_not_of(' ', offset), unspoken.size());
  size_t end = dash;
  if (dash < unspoken.size() && is_dash(next(unspoken, end)))
    marks += unspoken.substr(offset, end - offset);
  return marks;
}

std::string_view dash_before(std::string_view unspoken) {
  const size_t last = unspoken.find_last_not_of(kBlanks);
  if (last == unspoken.npos) return {};
  auto begin = static_cast<int32_t>(last + 1);
  UChar32 c = 0;
  U8_PREV(reinterpret_cast<const uint8_t*>(unspoken.data()), 0, begin, c);
  return is_dash(c) ? unspoken.substr(static_cast<size_t>(begin)) : std::string_view();
}

}  // namespace orpheus::align
