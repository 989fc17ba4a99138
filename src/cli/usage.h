#pragma once
// The format of the program's help, and errors for wrong command lines. For the main
// thread.

#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "base/result.h"

namespace orpheus::cli {

// A flag with its value's name; after its description the allowed values and the default. Lines
// have at most 80 columns.
std::shared_ptr<CLI::Formatter> help_layout();

// Whether the command line has an unknown word where a command belongs.
bool lacks_known_command(const CLI::App& program);

// The error in one line (kUsage), with the command whose help explains more.
Error usage_error(const CLI::App& program, const CLI::ParseError& problem);

// The error for an unknown flag (kUsage). Says how to pass a text that begins with a dash.
Error unknown_flag(const CLI::App& program, const std::string& flag);

}  // namespace orpheus::cli
