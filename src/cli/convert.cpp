// orpheus convert: released checkpoints to GGUF files.

#include <memory>
#include <string>

#include "cli/command.h"
#include "cli/progress.h"
#include "cli/type_flag.h"
#include "convert/codec.h"
#include "convert/language_model.h"

namespace orpheus::cli {
namespace {

struct ConvertOptions {
  std::string folder;
  std::string output;
  std::string type = "f16";
  bool decoder_only = false;
};

Result<void> convert_lm(const ConvertOptions& options) {
  ORPHEUS_TRY(const convert::WeightMix mix, convert::parse_mix(options.type));
  Progress progress;
  return convert::convert_language_model(options.folder, options.output, mix,
                                         progress_in_megabytes(progress));
}

void add_convert_codec(CLI::App& convert, Chosen& chosen) {
  auto options = std::make_shared<ConvertOptions>();
  CLI::App* command =
      convert.add_subcommand("codec", "Convert a SNAC checkpoint (hubertsiuzdak/snac_24khz)");
  command->footer("Example:\n  orpheus convert codec snac_24khz/ -o snac.gguf");
  command->add_option("folder", options->folder, "Folder with config.json and pytorch_model.bin")
      ->type_name("DIR")
      ->required();
  command->add_option("-o,--output", options->output, "The GGUF file to write")
      ->type_name("FILE")
      ->required();
  command->add_flag("--decoder-only", options->decoder_only,
                    "Leave out the encoder: a smaller file that decodes but cannot encode");
  command->callback([&chosen, options] {
    chosen.action = [options] {
      return convert::convert_codec(
          options->folder, options->output,
          options->decoder_only ? convert::CodecParts::kDecoder : convert::CodecParts::kAll);
    };
  });
}

void add_convert_lm(CLI::App& convert, Chosen& chosen) {
  auto options = std::make_shared<ConvertOptions>();
  CLI::App* command = convert.add_subcommand(
      "lm", "Convert a Hugging Face checkpoint of a voice; fine-tuned ones work too");
  command->footer("Example:\n  orpheus convert lm orpheus-3b/ -o lm.gguf --type q8_0");
  command
      ->add_option("folder", options->folder,
                   "Folder with config.json, tokenizer.json and model.safetensors (or its parts)")
      ->type_name("DIR")
      ->required();
  command->add_option("-o,--output", options->output, "The GGUF file to write")
      ->type_name("FILE")
      ->required();
  add_type_flag(*command, options->type);
  command->callback(
      [&chosen, options] { chosen.action = [options] { return convert_lm(*options); }; });
}

}  // namespace

void add_convert(CLI::App& program, Chosen& chosen) {
  CLI::App* convert = program.add_subcommand("convert", "Convert checkpoints to GGUF files");
  convert->require_subcommand(1);
  add_convert_codec(*convert, chosen);
  add_convert_lm(*convert, chosen);
}

}  // namespace orpheus::cli
