// orpheus codec encode: sound to SNAC codes.

#include <iostream>
#include <memory>
#include <span>
#include <string>

#include "base/atomic_file.h"
#include "cli/codes_file.h"
#include "cli/command.h"
#include "cli/progress.h"
#include "cli/read_sound.h"
#include "codes/frame.h"
#include "snac/encoder.h"
#include "speech/synthesiser.h"

namespace orpheus::cli {
namespace {

struct EncodeOptions {
  std::string sound_file;
  std::string output;
};

Result<void> write_codes(std::span<const codes::Frame> frames, const std::string& output) {
  const std::string text = codes_json(frames);
  if (output == "-") {
    std::cout << text << std::flush;
    return {};
  }
  ORPHEUS_TRY(AtomicFile file, AtomicFile::create(output));
  ORPHEUS_CHECK(file.write(text));
  return file.commit();
}

Result<void> encode(const EncodeOptions& options, const config::Settings& settings) {
  ORPHEUS_TRY(const auto samples, read_sound(options.sound_file, speech::kSampleRateHz));
  ORPHEUS_TRY(const auto encoder, snac::Encoder::open(settings.voice.codec));
  const snac::Config& config = encoder->config();
  const size_t num_frames = samples.size() / static_cast<size_t>(config.samples_per_frame()) + 1;
  Progress progress;
  ORPHEUS_TRY(const auto frames, encoder->encode(samples, [&](size_t done) {
    progress.show("frame " + std::to_string(done) + " of " + std::to_string(num_frames));
    return true;
  }));
  return write_codes(frames, options.output);
}

}  // namespace

void add_codec_encode(CLI::App& codec, config::Settings& settings, Chosen& chosen) {
  auto options = std::make_shared<EncodeOptions>();
  CLI::App* command = codec.add_subcommand("encode", "Encode sound as SNAC codes");
  command->footer("Example:\n  orpheus codec encode voice.flac --codec snac.gguf -o codes.json");
  command
      ->add_option("sound", options->sound_file,
                   "WAV; with FFmpeg's libraries also FLAC, MP3, Ogg, AAC, M4A, AIFF; -: stdin")
      ->type_name("FILE")
      ->required();
  command
      ->add_option("-o,--output", options->output,
                   R"(JSON: {"c0": […], "c1": […], "c2": […]}; -: standard output)")
      ->type_name("FILE")
      ->required();
  add_codec_flag(*command, settings);
  command->callback([&chosen, &settings, options] {
    if (settings.voice.codec.empty()) throw CLI::RequiredError("--codec");
    chosen.action = [&settings, options] { return encode(*options, settings); };
  });
}

}  // namespace orpheus::cli
