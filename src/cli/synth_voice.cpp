// orpheus synth-voice: a voice of random weights in any size, for trying and measuring.

#include <memory>
#include <string>

#include "cli/checks.h"
#include "cli/command.h"
#include "cli/progress.h"
#include "cli/type_flag.h"
#include "convert/synthetic_voice.h"

namespace orpheus::cli {
namespace {

struct SynthOptions {
  std::string folder;
  convert::VoiceOptions voice;
  std::string type = "f16";
  bool slots = false;
};

Result<void> synthesise(SynthOptions options) {
  if (options.slots) options.voice.head = convert::VoiceHead::kSlots;
  ORPHEUS_TRY(options.voice.mix, convert::parse_mix(options.type));
  Progress progress;
  return convert::write_synthetic_voice(options.folder, options.voice,
                                        progress_in_megabytes(progress));
}

}  // namespace

void add_synth_voice(CLI::App& program, Chosen& chosen) {
  using convert::VoiceSize;
  auto options = std::make_shared<SynthOptions>();
  CLI::App* command =
      program.add_subcommand("synth-voice", "Write a voice of random weights, for tests");
  command->footer(
      "Example:\n"
      "  orpheus synth-voice babble\n"
      "  orpheus say Hi --model babble/lm.gguf --codec babble/codec.gguf");
  command->add_option("folder", options->folder, "Folder to write lm.gguf and codec.gguf to")
      ->type_name("DIR")
      ->required();
  command
      ->add_option("--size", options->voice.size,
                   "Size of the model; 3b has the shape of the released one")
      ->transform(one_of({{"tiny", static_cast<int>(VoiceSize::kTiny)},
                          {"small", static_cast<int>(VoiceSize::kSmall)},
                          {"1b", static_cast<int>(VoiceSize::k1b)},
                          {"3b", static_cast<int>(VoiceSize::k3b)}}))
      ->type_name("SIZE")
      ->default_str("tiny");
  add_type_flag(*command, options->type);
  command->add_flag("--slots", options->slots,
                    "Make the likeliest token always a valid one for its slot of the frame");
  add_number_flag(*command, "--seed", "Seed of the weights; the same seed gives the same files", 0,
                  UINT64_MAX, options->voice.seed);
  command->callback(
      [&chosen, options] { chosen.action = [options] { return synthesise(*options); }; });
}

}  // namespace orpheus::cli
