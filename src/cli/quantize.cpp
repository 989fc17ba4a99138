// orpheus quantize: a language model with coarser weights.

#include <memory>
#include <string>

#include "cli/command.h"
#include "cli/progress.h"
#include "cli/type_flag.h"
#include "convert/quantise_file.h"

namespace orpheus::cli {
namespace {

struct QuantizeOptions {
  std::string input;
  std::string output;
  std::string type;
  bool from_any = false;
};

Result<void> quantize(const QuantizeOptions& options) {
  ORPHEUS_TRY(const convert::WeightMix mix, convert::parse_mix(options.type));
  Progress progress;
  return convert::quantise_file(
      options.input, options.output, mix,
      options.from_any ? convert::Requantise::kFromAny : convert::Requantise::kFrom8Bits,
      progress_in_megabytes(progress));
}

}  // namespace

void add_quantize(CLI::App& program, Chosen& chosen) {
  auto options = std::make_shared<QuantizeOptions>();
  CLI::App* command =
      program.add_subcommand("quantize", "Convert a language model to a smaller, faster file");
  command->footer("Example:\n  orpheus quantize lm-f16.gguf lm-q4_k_m.gguf --type q4_k_m");
  command
      ->add_option("input", options->input,
                   "GGUF file of a language model in f32, f16, bf16 or q8_0")
      ->type_name("IN")
      ->required();
  command->add_option("output", options->output, "The GGUF file to write")
      ->type_name("OUT")
      ->required();
  add_type_flag(*command, options->type)->required();
  command->add_flag("--allow-requantize", options->from_any,
                    "Accept input weights below 8 bits, at a loss of quality");
  command->callback(
      [&chosen, options] { chosen.action = [options] { return quantize(*options); }; });
}

}  // namespace orpheus::cli
