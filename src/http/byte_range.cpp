#include "http/byte_range.h"

#include <algorithm>

#include "base/parse_number.h"

namespace orpheus::http {

RangeAnswer parse_range(std::optional<std::string_view> header, uint64_t file_bytes) {
  constexpr std::string_view kUnit = "bytes=";
  if (!header || !header->starts_with(kUnit)) return {};
  const std::string_view range = header->substr(kUnit.size());
  const size_t dash = range.find('-');
  if (dash == std::string_view::npos || range.find(',') != std::string_view::npos) return {};
  const auto first = parse_number<uint64_t>(range.substr(0, dash));
  const auto last = parse_number<uint64_t>(range.substr(dash + 1));
  if (dash == 0) {  // a number of bytes at the end
    if (!last) return {};
    const uint64_t count = std::min(*last, file_bytes);
    if (count == 0) return Unsatisfiable{};
    return ByteRange{.first = file_bytes - count, .count = count};
  }
  const bool is_open = dash + 1 == range.size();
  if (!first || (!last && !is_open) || (last && *last < *first)) return {};
  if (*first >= file_bytes) return Unsatisfiable{};
  const uint64_t end = last ? std::min(*last, file_bytes - 1) : file_bytes - 1;
  return ByteRange{.first = *first, .count = end - *first + 1};
}

}  // namespace orpheus::http
