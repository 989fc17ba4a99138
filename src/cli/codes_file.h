#pragma once
// SNAC codes as JSON files: {"c0": […], "c1": […], "c2": […]} with F, 2F and 4F codes. For the main
// thread.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codes/frame.h"

namespace orpheus::cli {

// name: of the input, for errors. Errors: kBadFile (not codes, or none).
Result<std::vector<codes::Frame>> parse_codes(std::string_view json, const std::string& name);

// With a line end.
std::string codes_json(std::span<const codes::Frame> frames);

}  // namespace orpheus::cli
