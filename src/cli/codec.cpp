// orpheus codec decode: SNAC codes to samples.

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "base/parse_number.h"
#include "cli/checks.h"
#include "cli/codes_file.h"
#include "cli/command.h"
#include "cli/progress.h"
#include "cli/read_input.h"
#include "cli/sample_writer.h"
#include "codes/frame.h"
#include "snac/decoder.h"
#include "snac/options.h"
#include "tensor/device.h"
#include "tensor/usable_cores.h"

namespace orpheus::cli {
namespace {

struct DecodeOptions {
  std::string codes_file;
  std::string output;
  std::string noise = "0";
  int chunk_frames = 32;
  int first_context_frames = snac::kWholeContext;
};

Result<snac::NoiseSource> noise_named(const std::string& name) {
  if (name == "off") return snac::no_noise();
  if (const auto seed = parse_number<uint64_t>(name)) return snac::seeded_noise(*seed);
  return fail({.kind = ErrorKind::kUsage,
               .what = "--noise has an invalid value",
               .expected = "'off' or a seed",
               .found = "'" + name + "'"});
}

Result<void> decode(const DecodeOptions& options, const config::Settings& settings) {
  ORPHEUS_TRY(const std::string content, read_input(options.codes_file));
  ORPHEUS_TRY(const auto frames, parse_codes(content, name_of_input(options.codes_file)));
  ORPHEUS_TRY(auto noise, noise_named(options.noise));
  ORPHEUS_TRY(std::shared_ptr<const tensor::Device> device,
              tensor::Device::open(settings.voice.device));
  snac::Options decoder_options = settings.voice.decoder;
  decoder_options.first_context_frames = options.first_context_frames;
  const int num_threads = settings.voice.device.num_threads;
  decoder_options.num_threads = num_threads > 0 ? num_threads : tensor::num_usable_cores();
  ORPHEUS_TRY(const auto decoder,
              snac::Decoder::open(settings.voice.codec, std::move(device), decoder_options));
  ORPHEUS_TRY(const auto writer, open_sample_writer(options.output));
  if (options.chunk_frames == 0) {
    ORPHEUS_TRY(const auto samples, decoder->decode(frames, std::move(noise)));
    ORPHEUS_CHECK(writer->write(samples));
    return writer->finish();
  }
  const auto stream = decoder->stream(std::move(noise));
  Progress progress;
  Result<void> written;
  size_t num_pushed = 0;
  const snac::SampleSink sink = [&](std::span<const float> samples) {
    written = writer->write(samples);
    progress.show("frame " + std::to_string(num_pushed) + " of " + std::to_string(frames.size()));
    return written.has_value();
  };
  Result<void> decoded;
  while (decoded && num_pushed < frames.size()) {
    const size_t count =
        std::min(frames.size() - num_pushed, static_cast<size_t>(options.chunk_frames));
    decoded = stream->push(std::span(frames).subspan(num_pushed, count), sink);
    num_pushed += count;
  }
  if (decoded) decoded = stream->finish(sink);
  ORPHEUS_CHECK(written);
  ORPHEUS_CHECK(decoded);
  return writer->finish();
}

}  // namespace

void add_codec(CLI::App& program, config::Settings& settings, Chosen& chosen) {
  auto options = std::make_shared<DecodeOptions>();
  CLI::App* codec =
      program.add_subcommand("codec", "Decode SNAC codes to samples, or encode sound as codes");
  codec->require_subcommand(1);
  add_codec_encode(*codec, settings, chosen);
  CLI::App* command = codec->add_subcommand("decode", "Decode SNAC codes");
  command->footer("Example:\n  orpheus codec decode codes.json --codec snac.gguf -o speech.wav");
  command
      ->add_option("codes", options->codes_file,
                   R"(JSON: {"c0": […], "c1": […], "c2": […]}; - is standard input)")
      ->type_name("FILE")
      ->required();
  command
      ->add_option("-o,--output", options->output,
                   "A .wav, .pcm or .f32 file, or - for a WAV on standard output")
      ->type_name("FILE")
      ->required();
  command->add_option("--noise", options->noise, "Seed of the noise blocks, or 'off'")
      ->type_name("SEED")
      ->capture_default_str();
  command
      ->add_option("--chunk", options->chunk_frames,
                   "Frames decoded at a time; 0: all at once, on --threads threads")
      ->transform(whole_number(0, 1024))
      ->type_name("FRAMES")
      ->capture_default_str();
  command
      ->add_option("--first-context", options->first_context_frames,
                   "Frames to wait for before the first is output; below 3 it is inexact")
      ->check(whole_number(0, snac::kWholeContext))
      ->type_name("FRAMES")
      ->capture_default_str();
  command
      ->add_option("--arithmetic", settings.voice.decoder.arithmetic,
                   "Codec implementation: kernels (our own, CPU), graph (ggml, any device) or auto")
      ->transform(one_of({{"auto", static_cast<int>(snac::Arithmetic::kAuto)},
                          {"kernels", static_cast<int>(snac::Arithmetic::kKernels)},
                          {"graph", static_cast<int>(snac::Arithmetic::kGraph)}}))
      ->type_name("KIND")
      ->default_str("auto");
  add_codec_flag(*command, settings);
  add_device_flags(*command, settings, "Decoding threads; 0: one per core");
  command->callback([&chosen, &settings, options] {
    if (settings.voice.codec.empty()) throw CLI::RequiredError("--codec");
    chosen.action = [&settings, options] { return decode(*options, settings); };
  });
}

}  // namespace orpheus::cli
