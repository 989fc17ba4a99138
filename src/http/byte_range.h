#pragma once
// The header "Range: bytes=…": which part of a file a client wants. Pure functions.

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace orpheus::http {

struct ByteRange {
  uint64_t first = 0;
  uint64_t count = 0;  // 1 or more
};

struct Unsatisfiable {};  // no byte of the file is in it: status 416

// Nothing is the whole file: no header, one that is not understood, or several parts at once, which
// a server may answer with everything (RFC 9110). Any bytes may be given.
using RangeAnswer = std::variant<std::monostate, ByteRange, Unsatisfiable>;

RangeAnswer parse_range(std::optional<std::string_view> header, uint64_t file_bytes);

}  // namespace orpheus::http
