#pragma once
// How the program's help reads, and what it says of a command line that it does not understand.
// For the main thread.

#include <memory>

#include <CLI/CLI.hpp>

#include "base/result.h"

namespace orpheus::cli {

// A flag with its value's name; behind its description what is allowed, and what holds without it.
std::shared_ptr<CLI::Formatter> help_layout();

// The problem in one line (kUsage), naming the command whose help tells more.
Error usage_error(const CLI::App& program, const CLI::ParseError& problem);

}  // namespace orpheus::cli
