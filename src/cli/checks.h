#pragma once
// What a flag's value must be, in one wording for all flags and no C++ types: "expected a whole
// number from 0 to 1024, found 'x'".

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

namespace orpheus::cli {

CLI::Validator whole_number(uint64_t low, uint64_t high);

// NaN is none.
CLI::Validator number(double low, double high);

// For Option::transform: turns one of the names into its number, which CLI11 reads as the enum.
CLI::Validator one_of(std::vector<std::pair<std::string, int>> numbers_by_name);

}  // namespace orpheus::cli
