#pragma once
// The measurements of 'orpheus bench', one file each. For the main thread.

#include "cli/command.h"

namespace orpheus::cli {

// Speed of our float32 matrix product on num_threads threads, in GFLOP/s: the best of num_runs.
double measure_gemm_gflop_s(int num_threads, int num_runs);

// Mean CPU time of one draw at the default settings, in microseconds: half of the logits peaked,
// half flat, 4,096 candidates and end of speech at slot 0. Earlier draws are penalised.
double measure_draw_us();

void add_bench_lm(CLI::App& bench, config::Settings& settings, Chosen& chosen);
void add_bench_codec(CLI::App& bench, config::Settings& settings, Chosen& chosen);
void add_bench_speech(CLI::App& bench, config::Settings& settings, Chosen& chosen);

}  // namespace orpheus::cli
