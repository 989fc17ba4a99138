// orpheus bench: measures the speed of speech and of its parts on this machine.

#include "cli/bench.h"

namespace orpheus::cli {

void add_bench(CLI::App& program, config::Settings& settings, Chosen& chosen) {
  CLI::App* bench = program.add_subcommand("bench", "Measure how fast this machine speaks");
  bench->require_subcommand(1);
  add_bench_lm(*bench, settings, chosen);
  add_bench_codec(*bench, settings, chosen);
  add_bench_speech(*bench, settings, chosen);
}

}  // namespace orpheus::cli
