#pragma once
// Checks JSON text and finds values in it without building them, so that no request body needs much
// more memory than its own bytes. Pure functions: may be called from any thread.

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace orpheus::http {

struct JsonFault {
  size_t offset = 0;  // in bytes
  enum class Kind { kSyntax, kTooDeep } kind = Kind::kSyntax;
};

// The first fault of a text that must be one JSON value (RFC 8259). Nothing if there is none. A
// number beyond the range of a double is a fault. Half of an escaped surrogate pair is not a fault
// (see unescape_json). UTF-8 is not checked.
std::optional<JsonFault> find_json_fault(std::string_view text, int max_depth);

// The following functions require a text without a fault, or a value in such a text.

// The text without the blanks before and after it.
std::string_view trim_json(std::string_view text);
// Calls visit for each member of an object, until visit returns false. The name is a JSON string
// with its quotes.
using VisitMember = std::function<bool(std::string_view name, std::string_view value)>;
void visit_members(std::string_view object, const VisitMember& visit);
using VisitElement = std::function<bool(std::string_view value)>;
void visit_elements(std::string_view array, const VisitElement& visit);
// The value of a JSON string, which is passed with its quotes. Half of an escaped surrogate pair
// (\ud800) becomes U+FFFD.
std::string unescape_json(std::string_view quoted);

}  // namespace orpheus::http
