#include "cli/codes_file.h"

#include <cstdint>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

namespace orpheus::cli {
namespace {

using nlohmann::json;

std::optional<std::vector<int32_t>> row_of(const json& codes, const char* name) {
  std::vector<int32_t> row;
  if (!codes.is_object() || !codes.contains(name) || !codes[name].is_array()) return std::nullopt;
  for (const json& code : codes[name]) {
    if (!code.is_number_integer() || code < 0 || code > INT32_MAX) return std::nullopt;
    row.push_back(code.get<int32_t>());
  }
  return row;
}

}  // namespace

Result<std::vector<codes::Frame>> parse_codes(std::string_view text, const std::string& name) {
  const json parsed = json::parse(text, nullptr, false);
  const auto c0 = row_of(parsed, "c0");
  const auto c1 = row_of(parsed, "c1");
  const auto c2 = row_of(parsed, "c2");
  if (c0 && c1 && c2) {
    auto frames = codes::frames_of({*c0, *c1, *c2});
    if (frames && !frames->empty()) return std::move(*frames);
  }
  return fail({.kind = ErrorKind::kBadFile,
               .what = name + ": not SNAC codes",
               .expected = R"({"c0": […], "c1": […], "c2": […]} with F, 2F and 4F codes)"});
}

std::string codes_json(std::span<const codes::Frame> frames) {
  const codes::CodeRows rows = codes::rows_of(frames);
  return nlohmann::ordered_json{{"c0", rows.c0}, {"c1", rows.c1}, {"c2", rows.c2}}.dump() + "\n";
}

}  // namespace orpheus::cli
