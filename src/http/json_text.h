#pragma once
// Checks a JSON text and finds the values in it, without building them: a text from outside costs
// no memory beyond its own, whatever is in it. Pure functions: may be called from any thread.

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

// The first fault of a text that shall be one JSON value (RFC 8259); nothing if there is none.
// Stricter than JSON where the next reader would stumble: a number beyond a double is a fault. Half
// of an escaped surrogate pair is none; unescape_json mends it. UTF-8 is not checked.
std::optional<JsonFault> find_json_fault(std::string_view text, int max_depth);

// The following take text that has no fault, or a value of such a text.

// The value without blanks around it.
std::string_view trim_json(std::string_view text);
// Calls visit with each member of an object until it returns false. The name is a string of JSON
// with its quotes.
using VisitMember = std::function<bool(std::string_view name, std::string_view value)>;
void visit_members(std::string_view object, const VisitMember& visit);
using VisitElement = std::function<bool(std::string_view value)>;
void visit_elements(std::string_view array, const VisitElement& visit);
// The text that a string of JSON (with its quotes) stands for. Half of a surrogate pair that is
// escaped alone (\ud800) becomes U+FFFD.
std::string unescape_json(std::string_view quoted);

}  // namespace orpheus::http
