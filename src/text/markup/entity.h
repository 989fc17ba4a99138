#pragma once
// Characters that HTML writes by name or number: &amp; &nbsp; &#39; &#x2014;. Pure; from any
// thread.

#include <optional>
#include <string>
#include <string_view>

namespace orpheus::text::markup {

struct Entity {
  std::string characters;  // UTF-8
  size_t size = 0;         // bytes of the input, "&" to ";"
};

// The entity that begins with the "&" at this offset. Nothing if there is no known name or number
// with a ";".
std::optional<Entity> scan_entity(std::string_view input, size_t offset);

// A text with all entities replaced by their characters.
std::string without_entities(std::string_view text);

}  // namespace orpheus::text::markup
