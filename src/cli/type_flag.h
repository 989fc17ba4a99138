#pragma once
// Shared by commands that write weights: the flag --type and the progress line. For the main
// thread.

#include <string>

#include <CLI/CLI.hpp>

#include "cli/progress.h"
#include "convert/quantise.h"

namespace orpheus::cli {

// The text is checked by convert::parse_mix, which has better errors than the parser.
CLI::Option* add_type_flag(CLI::App& command, std::string& type);

// "312 of 2080 MB"; progress must outlive it.
convert::WriteProgress progress_in_megabytes(Progress& progress);

}  // namespace orpheus::cli
