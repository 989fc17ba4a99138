#pragma once
// One tag as HTML and SSML write it: <name attribute="value">, </name>, <name/>. Pure; from any
// thread.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/spanned.h"

namespace orpheus::text::markup {

struct Attribute {
  std::string name;  // in small letters
  std::string value;
  bool has_value = false;
};

struct Tag {
  enum class Kind { kOpening, kClosing, kSelfClosing };
  std::string name;  // ASCII letters in lower case
  Kind kind = Kind::kOpening;
  std::vector<Attribute> attributes;
  Range extent;  // of the input, "<" to ">"

  // Empty if there is none of this name.
  std::string_view attribute(std::string_view attribute_name) const;
  bool has(std::string_view attribute_name) const;
};

// The tag that begins with the "<" at this offset. Nothing if the text there has not the form of a
// tag, or is longer than 4096 bytes.
std::optional<Tag> scan_tag(std::string_view input, size_t offset);

// Whether the tag is possible in HTML or SSML: it has an element's name, and attributes with
// values, or ones that need none. "<b and c>" is not.
bool is_markup(const Tag& tag);

}  // namespace orpheus::text::markup
