#pragma once
// The measurements of 'orpheus bench', one file each. For the main thread.

#include "cli/command.h"

namespace orpheus::cli {

void add_bench_lm(CLI::App& bench, config::Settings& settings, Chosen& chosen);
void add_bench_codec(CLI::App& bench, config::Settings& settings, Chosen& chosen);
void add_bench_speech(CLI::App& bench, config::Settings& settings, Chosen& chosen);

}  // namespace orpheus::cli
