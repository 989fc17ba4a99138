#pragma once
// Checks of flags' values, with one wording for all flags and no C++ types: "expected a whole
// number from 0 to 1024, found 'x'". For Option::transform: CLI11 then parses the checked text, not
// the original (it would read 010 as octal). For the main thread.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

namespace orpheus::cli {

CLI::Validator whole_number(uint64_t low, uint64_t high);

// A flag for a whole number in this range, N in the help, with its default.
template <typename Number>
void add_number_flag(CLI::App& command, const std::string& flag, const std::string& help,
                     uint64_t low, uint64_t high, Number& number) {
  command.add_option(flag, number, help)
      ->transform(whole_number(low, high))
      ->type_name("N")
      ->capture_default_str();
}

// NaN is refused.
CLI::Validator number(double low, double high);

// Turns one of the names into its number, which CLI11 reads as the enum.
CLI::Validator one_of(std::vector<std::pair<std::string, int>> numbers_by_name);

}  // namespace orpheus::cli
