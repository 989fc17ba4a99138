#pragma once
// What a flag's value must be, in one wording for all flags and no C++ types: "expected a whole
// number from 0 to 1024, found 'x'". All are for Option::transform: CLI11 then reads what was
// checked, and not the text in a way of its own (010 as octal). For the main thread.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

namespace orpheus::cli {

CLI::Validator whole_number(uint64_t low, uint64_t high);

// NaN is none.
CLI::Validator number(double low, double high);

// Turns one of the names into its number, which CLI11 reads as the enum.
CLI::Validator one_of(std::vector<std::pair<std::string, int>> numbers_by_name);

}  // namespace orpheus::cli
