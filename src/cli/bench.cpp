// orpheus bench: how fast the parts of a speech are made on this machine.

#include "cli/command.h"

namespace orpheus::cli {

void add_bench(CLI::App& program, config::Settings& settings, Chosen& chosen) {
  CLI::App* bench = program.add_subcommand("bench", "Measure how fast this machine is");
  bench->require_subcommand(1);
  add_bench_codec(*bench, settings, chosen);
}

}  // namespace orpheus::cli
