// orpheus say: text to a file, a pipe or the loudspeaker.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "audio/encoder.h"
#include "base/log.h"
#include "base/terminal.h"
#include "base/utf8.h"
#include "cli/checks.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/live_input.h"
#include "cli/machine.h"
#include "cli/notice.h"
#include "cli/progress.h"
#include "cli/read_text.h"
#include "cli/sample_writer.h"
#include "cli/speech_progress.h"
#include "cli/text_flags.h"
#include "cli/word_files.h"
#include "library/built_in_voice.h"
#include "library/synthesiser.h"

namespace orpheus::cli {
namespace {

// Enough for a book.
constexpr size_t kMaxTextCodePoints = 4'000'000;
// Standard input that ends within this time is one text. A longer one is spoken while it arrives.
constexpr std::chrono::milliseconds kWholeWithin{200};
// After a line that stands still.
constexpr std::chrono::milliseconds kPauseOfInput{100};

constexpr const char* kExamples = R"(Examples:
  orpheus say "Hello there."                      plays it
  orpheus say -f chapter.txt -o chapter.mp3       a file, to a file
  orpheus say "Quick!" --speed 1.5 -o quick.mp3   faster, at the same pitch
  orpheus say -- "-5 degrees"                     a text that begins with a dash
  fortune | orpheus say - -o - | aplay            in a pipe
  tail -f talk.txt | orpheus say -                a text that is being written
  orpheus say -f film.txt -o film.wav --subtitles film.srt --words film.json)";

struct SayOptions {
  std::string text;
  std::string file;
  std::optional<std::string> output;
  WordFiles::Names of_words;
  std::string voice;
  std::string language;
  bool normalize = true;
  std::optional<uint64_t> seed;
  Sound sound;
  bool quiet = false;
  TextOptions of_text;
};

// A text that is a file's name usually means that --file was forgotten.
enum class Names { kNothing, kFile, kMissingFile };
Names what_is_named(const std::string& text) {
  constexpr size_t kLongestName = 255;
  if (text.empty() || text.size() > kLongestName || text.find_first_of(" \t\r\n") != text.npos)
    return Names::kNothing;
  std::error_code none;
  if (std::filesystem::is_regular_file(text, none)) return Names::kFile;
  static const std::set<std::string> endings = {".txt",  ".md",  ".markdown", ".htm", ".html",
                                                ".ssml", ".xml", ".epub",     ".pdf", ".docx"};
  return endings.contains(std::filesystem::path(text).extension().string()) ? Names::kMissingFile
                                                                            : Names::kNothing;
}

// Asks the user, if input is a terminal. Any answer that does not begin with n means the file.
bool means_file(const std::string& name) {
  if (!is_terminal(Standard::kInput) || !is_terminal(Standard::kError)) {
    tell("'" + name + "' is spoken as text. To speak the file of this name: orpheus say -f " +
         name);
    return false;
  }
  std::fprintf(stderr, "There is a file '%s'. Speak its contents? [Y/n] ", printable(name).c_str());
  std::string answer;
  if (!std::getline(std::cin, answer)) answer = "n";
  const size_t begin = answer.find_first_not_of(" \t");
  return begin == answer.npos || (answer[begin] != 'n' && answer[begin] != 'N');
}

Result<std::string> text_to_speak(const SayOptions& options) {
  if (!options.file.empty() && !options.text.empty()) {
    return fail({.kind = ErrorKind::kUsage,
                 .what = "both a text and a file are given",
                 .expected = "a text or --file"});
  }
  if (!options.file.empty()) return read_text(options.file);
  if (options.text == "-") return read_text("-");
  return options.text;
}

// Whether the text is standard input in a format that is spoken while it arrives.
bool may_be_live(const SayOptions& options, const speech::Request& request) {
  using text::markup::Format;
  return options.file.empty() && options.text == "-" &&
         (request.format == Format::kPlain || request.format == Format::kMarkdown);
}

// Sets the request's text: a whole one, or one that is still arriving.
Result<void> set_text(LiveInput& input, LiveInput::Clock::time_point whole_until,
                      const speech::Synthesiser& synthesiser, speech::Request& request) {
  ORPHEUS_TRY(auto whole, input.whole_until(whole_until));
  if (whole) {
    request.text = std::move(*whole);
    return {};
  }
  ORPHEUS_TRY(const prompt::Voice voice, synthesiser.voice_for(request));
  request.live = input.speak(
      {.format = request.format,
       .cuts = {.language = request.language.empty() ? voice.language : request.language,
                .drops_thoughts = request.markup.drops_thoughts,
                .keeps_lines = !request.markup.cast.empty()},
       .pause = kPauseOfInput});
  return {};
}

uint64_t fresh_seed() {
  std::random_device random;
  return random();
}

// Says that the small voice speaks because no other voice is installed or chosen.
void tell_of_small_voice(const library::Fitted& fitted, const config::Settings& settings,
                         const speech::Synthesiser& synthesiser) {
  const auto small = library::small_voice(library::places_of_installed_voices());
  const bool nobody_chose = settings.voice.model.empty() && settings.voice.remote.urls.empty();
  if (!nobody_chose || !small || fitted.files.model != small->model) return;
  tell_once_a_day(
      settings.voice.data_folder, "small-voice",
      "speaking with '" + synthesiser.model_name() +
          "', the small voice that comes with the program: plain speech at one pitch. "
          "'orpheus pull english' downloads a large voice (2.4 GB), which sounds better, "
          "laughs and sighs.");
}

std::string name_of_language(const std::string& code) {
  static const std::map<std::string, std::string> names = {
      {"en", "English"}, {"fr", "French"}, {"de", "German"}, {"es", "Spanish"},
      {"it", "Italian"}, {"ko", "Korean"}, {"hi", "Hindi"},  {"zh", "Mandarin"}};
  const auto found = names.find(code);
  return found == names.end() ? "'" + code + "'" : found->second;
}

// Accepts "en", "pt-BR" and "zh_Hans", but not "English".
Result<void> check_language(const std::string& language) {
  const std::string code = language.substr(0, language.find_first_of("-_"));
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const bool is_code =
      (code.size() == 2 || code.size() == 3) && std::all_of(code.begin(), code.end(), is_letter);
  if (language.empty() || is_code) return {};
  return fail({.kind = ErrorKind::kUsage,
               .what = "--language takes the code of a language",
               .expected = "en, fr, de, es, it, ko, hi, zh or another code of ISO 639",
               .found = "'" + language + "'"});
}

// Warns if the text's language differs from the voice's: it would sound foreign.
void warn_of_language(const speech::Request& request, const prompt::Voice& voice) {
  const std::string code = request.language.substr(0, request.language.find_first_of("-_"));
  if (code.empty() || voice.language.empty() || code == voice.language) return;
  tell("'" + voice.name + "' is a voice for " + name_of_language(voice.language) +
       ", but the text is in " + name_of_language(code) +
       ". 'orpheus models' lists voices of other languages; 'orpheus pull' downloads one.");
}

// The message for Ctrl-C: what is kept.
std::string words_of_interrupt(const SayOptions& options) {
  if (!options.output) return "the sound that was played is not saved";
  if (*options.output == "-") return "standard output holds the sound up to this point";
  std::error_code none;
  const bool was_there = std::filesystem::exists(*options.output, none);
  return "'" + printable(*options.output) + "' was not written; the unfinished sound is removed" +
         (was_there ? "; the existing file is unchanged" : "");
}

double seconds(int64_t num_samples) {
  return static_cast<double>(num_samples) / speech::kSampleRateHz;
}

// Speaks, shows the progress and notes the words.
Result<speech::Summary> speak(speech::Synthesiser& synthesiser, speech::Request request,
                              SampleWriter& writer, WordFiles& words, Progress* line) {
  ORPHEUS_TRY(const prompt::Voice voice, synthesiser.voice_for(request));
  SpeechProgress progress(synthesiser.characters_per_second(voice.name), request.text.size());
  request.on_piece = [&](const speech::PieceProgress& piece) {
    // How much of a live text is left is not known.
    const bool is_live = request.live != nullptr;
    progress.begin_piece(
        is_live ? 0 : piece.index, is_live ? 1 : piece.count, piece.text,
        piece.spanned == nullptr ? text::Range() : piece.spanned->origin({0, piece.text.size()}));
    if (words.are_wanted())
      words.begin_piece(piece, is_live ? std::string_view(request.live->text()) : request.text);
  };
  if (words.are_wanted())
    request.on_words = [&](const speech::WordProgress& word) { words.add(word); };
  const auto start = std::chrono::steady_clock::now();
  Result<void> written;
  auto spoken = synthesiser.speak(request, [&](std::span<const float> samples) {
    written = writer.write(samples);
    progress.add_samples(samples.size());
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    if (line != nullptr) line->show(progress.line(elapsed.count()));
    return written.has_value();
  });
  ORPHEUS_CHECK(written);
  return spoken;
}

Result<void> say(const SayOptions& given, config::Settings& settings) {
  if (given.quiet) log::start({.level = log::Level::kError});
  SayOptions options = given;
  ORPHEUS_CHECK(check_language(options.language));
  if (options.file.empty() && !options.quiet) {
    const Names named = what_is_named(options.text);
    if (named == Names::kFile && means_file(options.text))
      options.file = std::exchange(options.text, "");
    if (named == Names::kMissingFile)
      tell("there is no file '" + options.text + "', so the name is spoken as text");
  }
  const auto begun = std::chrono::steady_clock::now();
  speech::Request request;
  request.voice = options.voice;
  request.language = options.language;
  request.normalize = options.normalize;
  request.is_heard_live = !options.output;  // a player
  ORPHEUS_CHECK(obey(options.of_text, options.file, request));
  std::unique_ptr<LiveInput> input;
  if (may_be_live(options, request)) {
    ORPHEUS_TRY(input, LiveInput::start());
  } else {
    ORPHEUS_TRY(request.text, text_to_speak(options));
  }
  request.sampling = settings.sampling;
  request.sampling.seed = options.seed.value_or(fresh_seed());

  // Checks cheap things first, because a voice may take long to load.
  std::unique_ptr<SampleWriter> writer;
  if (options.output) {
    ORPHEUS_TRY(writer, open_sample_writer(*options.output, options.sound));
  }
  ORPHEUS_TRY(WordFiles words, WordFiles::open(options.of_words, options.output.value_or(""),
                                               options.file, options.sound.speed));
  settings.voice.speech.max_text_code_points = kMaxTextCodePoints;
  const hardware::Facts facts = hardware::find_facts();
  const auto spread = library::Spread::kFirstDevice;
  ORPHEUS_TRY(const library::Fitted fitted, fit_to_machine(settings, facts, spread));
  for (const std::string& line : told(fitted, settings, facts, spread)) log::debug("{}", line);
  request.max_tokens = settings.max_tokens;
  const tensor::LoadProgress loading =
      options.quiet ? tensor::LoadProgress() : tensor::LoadProgress(LoadingLine());
  ORPHEUS_TRY(const auto synthesiser, library::open_synthesiser(fitted, loading));
  if (input) ORPHEUS_CHECK(set_text(*input, begun + kWholeWithin, *synthesiser, request));
  ORPHEUS_CHECK(synthesiser->check(request));
  if (words.are_wanted()) synthesiser->prepare_words();
  if (!writer) {
    ORPHEUS_TRY(writer, open_player(options.sound));
  }
  if (!options.quiet) {
    ORPHEUS_TRY(const prompt::Voice voice, synthesiser->voice_for(request));
    warn_of_language(request, voice);
    tell_of_small_voice(fitted, settings, *synthesiser);
    say_if_interrupted(words_of_interrupt(options));
  }

  const auto start = std::chrono::steady_clock::now();
  std::optional<Progress> progress;
  if (!options.quiet) progress.emplace();
  ORPHEUS_TRY(const speech::Summary spoken,
              speak(*synthesiser, request, *writer, words, progress ? &*progress : nullptr));
  if (input) ORPHEUS_CHECK(input->outcome());
  ORPHEUS_CHECK(writer->finish());
  if (words.are_wanted()) {
    ORPHEUS_TRY(const prompt::Voice voice, synthesiser->voice_for(request));
    ORPHEUS_CHECK(words.finish(request.live ? request.live->text() : request.text,
                               request.language.empty() ? voice.language : request.language));
  }
  say_if_interrupted("");
  const uint64_t seed = request.sampling.seed;
  if (progress && !options.seed)
    progress->leave(fmt::format("seed {0}: repeat this speech with '--seed {0}'", seed));
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  log::info("{:.2f} s of speech in {:.2f} s, {} tokens, seed {}", seconds(spoken.num_samples),
            elapsed.count(), spoken.num_audio_tokens, seed);
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
      ->add_option(
          "-o,--output", options->output,
          "File: .wav, .mp3, .opus, .aac, .flac, .pcm, .ulaw, .alaw, .f32; -: WAV on stdout [play]")
      ->type_name("FILE");
  command
      ->add_option("--words", options->of_words.words,
                   "Also write a JSON file with the time of each word (docs/words.md)")
      ->type_name("FILE");
  command
      ->add_option("--subtitles", options->of_words.subtitles,
                   "Also write subtitles, by the file's ending: .srt or .vtt")
      ->type_name("FILE");
  command->add_option("--voice", options->voice, "A voice that 'orpheus voices' lists [the first]")
      ->type_name("NAME");
  command->add_option("--speed", options->sound.speed, "Speed factor; the pitch stays")
      ->transform(number(0.25, 4))
      ->type_name("X")
      ->capture_default_str();
  command
      ->add_option("--sample-rate", options->sound.sample_rate_hz,
                   "Sample rate of the sound in Hz [24000; 8000 for .ulaw and .alaw]")
      ->transform(whole_number(audio::kLeastRateHz, audio::kMostRateHz))
      ->type_name("N");
  command
      ->add_option("--language", options->language,
                   "Language of the text: en, fr, de, es, it, ko, hi, zh [the voice's]")
      ->type_name("CODE");
  command->add_flag("!--no-normalize", options->normalize,
                    "Do not write out numbers, money, units and dates as words");
  command
      ->add_option(
          "--seed", options->seed,
          "Seed of the sampler; on a CPU with AVX2 the same seed gives the same sound [random]")
      ->transform(whole_number(0, UINT64_MAX))
      ->type_name("N");
  command->add_flag("-q,--quiet", options->quiet,
                    "Print errors only: no progress, notices or seed");
  add_text_flags(*command, options->of_text);
  add_group_flags(*command, settings, config::Group::kVoice);
  add_group_flags(*command, settings, config::Group::kSampling);
  command->callback([&chosen, &settings, options, text] {
    if (text->count() == 0 && options->file.empty())
      throw CLI::RequiredError("a text, '-' for standard input, or --file,");
    chosen.action = [&settings, options] { return say(*options, settings); };
  });
}

}  // namespace orpheus::cli
