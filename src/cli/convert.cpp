// orpheus convert codec: SNAC's released checkpoint to a GGUF.

#include <memory>
#include <string>

#include "cli/command.h"
#include "convert/codec.h"

namespace orpheus::cli {
namespace {

struct ConvertOptions {
  std::string folder;
  std::string output;
  bool decoder_only = false;
};

}  // namespace

void add_convert(CLI::App& program, Chosen& chosen) {
  auto options = std::make_shared<ConvertOptions>();
  CLI::App* convert = program.add_subcommand("convert", "Checkpoints to GGUF files");
  convert->require_subcommand(1);
  CLI::App* command =
      convert->add_subcommand("codec", "Convert a SNAC checkpoint (hubertsiuzdak/snac_24khz)");
  command->footer("Example:\n  orpheus convert codec snac_24khz/ -o snac.gguf");
  command->add_option("folder", options->folder, "Holds config.json and pytorch_model.bin")
      ->type_name("DIR")
      ->required();
  command->add_option("-o,--output", options->output, "The GGUF to write")
      ->type_name("FILE")
      ->required();
  command->add_flag("--decoder-only", options->decoder_only,
                    "Leave out the encoder: a smaller file, which speaks but makes no codes");
  command->callback([&chosen, options] {
    chosen.action = [options] {
      return convert::convert_codec(
          options->folder, options->output,
          options->decoder_only ? convert::CodecParts::kDecoder : convert::CodecParts::kAll);
    };
  });
}

}  // namespace orpheus::cli
