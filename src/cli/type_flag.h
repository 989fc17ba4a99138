#pragma once
// What the commands share that write weights: the flag --type and their progress. For the main
// thread.

#include <string>

#include <CLI/CLI.hpp>

#include "cli/progress.h"
#include "convert/quantise.h"

namespace orpheus::cli {

// The text is for convert::parse_mix, whose errors say more than a parser's.
CLI::Option* add_type_flag(CLI::App& command, std::string& type);

// "312 of 2080 MB"; progress must outlive it.
convert::WriteProgress progress_in_megabytes(Progress& progress);

}  // namespace orpheus::cli
