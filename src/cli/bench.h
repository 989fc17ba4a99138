#pragma once
// The measurements of 'orpheus bench', one file each. For the main thread.

#include "cli/command.h"

namespace orpheus::cli {

// Float32 matrix products of our own kernels on so many threads, in GFLOP/s: the best of num_runs.
double measure_gemm_gflop_s(int num_threads, int num_runs);

void add_bench_lm(CLI::App& bench, config::Settings& settings, Chosen& chosen);
void add_bench_codec(CLI::App& bench, config::Settings& settings, Chosen& chosen);
void add_bench_speech(CLI::App& bench, config::Settings& settings, Chosen& chosen);

}  // namespace orpheus::cli
