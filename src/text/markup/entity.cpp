#include "text/markup/entity.h"

#include <algorithm>
#include <cstdint>

#include <libxml/HTMLparser.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

namespace orpheus::text::markup {
namespace {

constexpr size_t kMostBytes = 40;  // of a name, more than HTML has
constexpr UChar32 kReplacement = 0xFFFD;

// Of "#39" and "#x2014"; −1 where it is no number.
UChar32 numbered(std::string_view name) {
  const bool is_hex = name.size() > 1 && (name[1] == 'x' || name[1] == 'X');
  name.remove_prefix(is_hex ? 2 : 1);
  if (name.empty() || name.size() > 8) return -1;
  int64_t value = 0;
  for (const char c : name) {
    const int digit = c >= '0' && c <= '9'             ? c - '0'
                      : is_hex && c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : is_hex && c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                       : -1;
    if (digit < 0) return -1;
    value = value * (is_hex ? 16 : 10) + digit;
  }
  const bool is_character =
      value > 0 && value <= UCHAR_MAX_VALUE && !(value >= 0xD800 && value <= 0xDFFF);
  return is_character ? static_cast<UChar32>(value) : kReplacement;
}

UChar32 named(const std::string& name) {
  if (name == "apos") return '\'';  // of XML, and of HTML since its fifth version
  const htmlEntityDesc* entity = htmlEntityLookup(reinterpret_cast<const xmlChar*>(name.c_str()));
  return entity == nullptr ? -1 : static_cast<UChar32>(entity->value);
}

}  // namespace

std::optional<Entity> scan_entity(std::string_view input, size_t offset) {
  const size_t semicolon = input.substr(0, std::min(input.size(), offset + kMostBytes))
                               .find_first_of("; \n&", offset + 1);
  if (semicolon == std::string_view::npos || input[semicolon] != ';') return std::nullopt;
  const std::string_view name = input.substr(offset + 1, semicolon - offset - 1);
  if (name.empty()) return std::nullopt;
  const UChar32 c = name.front() == '#' ? numbered(name) : named(std::string(name));
  if (c < 0) return std::nullopt;
  Entity entity{.characters = {}, .size = name.size() + 2};
  icu::UnicodeString(c).toUTF8String(entity.characters);
  return entity;
}

std::string without_entities(std::string_view text) {
  std::string plain;
  size_t behind = 0;
  for (size_t at = text.find('&'); at != std::string_view::npos; at = text.find('&', at + 1)) {
    const auto entity = scan_entity(text, at);
    if (!entity) continue;
    plain += text.substr(behind, at - behind);
    plain += entity->characters;
    behind = at + entity->size;
  }
  return plain += text.substr(behind);
}

}  // namespace orpheus::text::markup
