#pragma once
// Parses the header "Range: bytes=…", the part of a file that a client wants. Pure functions.

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

// Parses any bytes. Nothing means the whole file: for no header, an unknown form, or several parts
// (RFC 9110 allows the whole file then).
using RangeAnswer = std::variant<std::monostate, ByteRange, Unsatisfiable>;

RangeAnswer parse_range(std::optional<std::string_view> header, uint64_t file_bytes);

}  // namespace orpheus::http
