// orpheus say: text to a file, a pipe or the loudspeaker.

#include <chrono>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include <spdlog/fmt/fmt.h>

#include "base/log.h"
#include "cli/checks.h"
#include "cli/command.h"
#include "cli/machine.h"
#include "cli/progress.h"
#include "cli/read_input.h"
#include "cli/sample_writer.h"
#include "cli/text_flags.h"
#include "library/synthesiser.h"

namespace orpheus::cli {
namespace {

// A book fits.
constexpr size_t kMaxTextCodePoints = 4'000'000;

constexpr const char* kExamples = R"(Examples:
  orpheus say "Hello there."                              plays it
  orpheus say -f chapter.txt --voice leo -o chapter.wav   a book, to a file
  orpheus say "Quick!" --speed 1.5 -o quick.mp3           faster, at the same pitch
  fortune | orpheus say - -o - | aplay                    in a pipe)";

struct SayOptions {
  std::string text;
  std::string file;
  std::optional<std::string> output;
  std::string voice;
  std::string language;
  bool normalize = true;
  std::optional<uint64_t> seed;
  double speed = 1.0;
  TextOptions of_text;
};

Result<std::string> text_to_speak(const SayOptions& options) {
  if (!options.file.empty() && !options.text.empty()) {
    return fail({.kind = ErrorKind::kUsage,
                 .what = "a text and a file are given",
                 .expected = "one of them"});
  }
  if (!options.file.empty()) return read_input(options.file);
  if (options.text == "-") return read_input("-");
  return options.text;
}

uint64_t fresh_seed() {
  std::random_device random;
  return random();
}

double seconds(int64_t num_samples) {
  return static_cast<double>(num_samples) / speech::kSampleRateHz;
}

Result<void> say(const SayOptions& options, config::Settings& settings) {
  speech::Request request;
  ORPHEUS_TRY(request.text, text_to_speak(options));
  request.voice = options.voice;
  request.language = options.language;
  request.normalize = options.normalize;
  ORPHEUS_CHECK(obey(options.of_text, options.file, request));
  request.sampling = settings.sampling;
  request.sampling.seed = options.seed.value_or(fresh_seed());

  // First what costs nothing to try: a voice may take long to load.
  std::unique_ptr<SampleWriter> writer;
  if (options.output) {
    ORPHEUS_TRY(writer, open_sample_writer(*options.output, options.speed));
  }
  settings.voice.speech.max_text_code_points = kMaxTextCodePoints;
  const hardware::Facts facts = hardware::find_facts();
  const auto spread = library::Spread::kFirstDevice;
  ORPHEUS_TRY(const library::Fitted fitted, fit_to_machine(settings, facts, spread));
  for (const std::string& line : told(fitted, settings, facts, spread)) log::debug("{}", line);
  request.max_tokens = settings.max_tokens;
  ORPHEUS_TRY(const auto synthesiser, library::open_synthesiser(fitted, LoadingLine()));
  ORPHEUS_CHECK(synthesiser->check(request));
  if (!writer) {
    ORPHEUS_TRY(writer, open_player(options.speed));
  }

  const auto start = std::chrono::steady_clock::now();
  const auto elapsed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  Progress progress;
  int64_t num_samples = 0;
  Result<void> written;
  const auto spoken = synthesiser->speak(request, [&](std::span<const float> samples) {
    written = writer->write(samples);
    num_samples += static_cast<int64_t>(samples.size());
    progress.show(fmt::format("{:.1f} s of speech, {:.1f} x real time", seconds(num_samples),
                              seconds(num_samples) / elapsed()));
    return written.has_value();
  });
  ORPHEUS_CHECK(written);
  ORPHEUS_CHECK(spoken);
  ORPHEUS_CHECK(writer->finish());
  if (!options.seed) progress.leave(fmt::format("seed {}", request.sampling.seed));
  log::info("{:.2f} s of speech in {:.2f} s, {} tokens, seed {}", seconds(spoken->num_samples),
            elapsed(), spoken->num_audio_tokens, request.sampling.seed);
  return {};
}

}  // namespace

void add_say(CLI::App& program, config::Settings& settings, Chosen& chosen) {
  auto options = std::make_shared<SayOptions>();
  CLI::App* command = program.add_subcommand("say", "Speak a text");
  command->footer(kExamples);
  const auto* text = command->add_option("text", options->text, "The text, or - for standard input")
                         ->type_name("TEXT");
  command->add_option("-f,--file", options->file, "Read the text from a file")->type_name("FILE");
  command
      ->add_option("-o,--output", options->output,
                   "Write a .wav, .mp3, .opus, .aac, .flac, .pcm (16-bit) or .f32 file, or - for a "
                   "WAV on standard output; without it, play")
      ->type_name("FILE");
  command
      ->add_option("--voice", options->voice,
                   "Who speaks: a name that 'orpheus voices' lists [the first]")
      ->type_name("NAME");
  command->add_option("--speed", options->speed, "Faster or slower, at the same pitch")
      ->transform(number(0.25, 4))
      ->type_name("X")
      ->capture_default_str();
  command
      ->add_option("--language", options->language,
                   "Of the text: en, fr, de, es, it, ko, hi, zh [the voice's]")
      ->type_name("CODE");
  command->add_flag("!--no-normalize", options->normalize,
                    "Leave numbers, money, units and dates to the model as they are written");
  command
      ->add_option("--seed", options->seed,
                   "On a CPU the same seed, text and voice give the same sound [random]")
      ->transform(whole_number(0, UINT64_MAX))
      ->type_name("N");
  add_text_flags(*command, options->of_text);
  add_group_flags(*command, settings, config::Group::kVoice);
  add_group_flags(*command, settings, config::Group::kSampling);
  command->callback([&chosen, &settings, options, text] {
    if (text->count() == 0 && options->file.empty()) throw CLI::RequiredError("a text, or --file,");
    chosen.action = [&settings, options] { return say(*options, settings); };
  });
}

}  // namespace orpheus::cli
