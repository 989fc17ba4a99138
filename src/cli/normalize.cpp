// orpheus normalize: prints the words that a text is spoken as, and each word's place in the text.

#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "cli/command.h"
#include "cli/read_text.h"
#include "cli/text_flags.h"
#include "http/script_json.h"
#include "library/habits.h"
#include "library/lexicon_file.h"
#include "lm/llama/config.h"
#include "prompt/voices.h"
#include "speech/script.h"
#include "tensor/gguf_file.h"

namespace orpheus::cli {
namespace {

using nlohmann::json;

constexpr size_t kMaxTextCodePoints = 64'000'000;

struct NormalizeOptions {
  std::string text;
  std::string file;
  std::string language;
  std::string voice;
  bool lines = false;
  bool as_json = false;
  TextOptions of_text;
};

// The voice that a text is prepared for.
struct Speaker {
  std::vector<prompt::Voice> voices;
  text::Habits habits;
  speech::Options options;
};

// From a model's file; without one, a voice with every language and character.
Result<Speaker> speaker_of(const config::Settings& settings) {
  const auto published = prompt::published_voices();
  Speaker speaker{.voices = {published.begin(), published.end()}, .habits = {}, .options = {}};
  speaker.options.lexicon_file = settings.voice.speech.lexicon_file;
  speaker.options.max_text_code_points = kMaxTextCodePoints;
  ORPHEUS_TRY(speaker.options, library::with_lexicon(std::move(speaker.options)));
  const std::filesystem::path& model = settings.voice.model;
  if (model.empty()) return speaker;
  ORPHEUS_TRY(const auto file, tensor::GgufFile::open(model));
  ORPHEUS_TRY(speaker.habits, library::habits_of(file));
  ORPHEUS_TRY(const auto names, llama::read_voice_names(file));
  ORPHEUS_TRY(const std::string language, llama::read_language(file));
  if (!names.empty()) speaker.voices = prompt::voices_named(names, language);
  return speaker;
}

Result<speech::Script> write(const speech::Request& request, const Speaker& speaker) {
  return speech::write_script(request, speaker.voices, speaker.habits, speaker.options);
}

void print(const json& value) {
  std::cout << value.dump(-1, ' ', false, json::error_handler_t::replace) << "\n";
}

Result<void> normalize_text(const NormalizeOptions& options, speech::Request request,
                            const Speaker& speaker) {
  const std::string file = options.file.empty() && options.text == "-" ? "-" : options.file;
  if (file.empty()) {
    request.text = options.text;
  } else {
    ORPHEUS_TRY(request.text, read_text(file));
  }
  ORPHEUS_TRY(const speech::Script script, write(request, speaker));
  if (options.as_json) {
    print(http::script_json(script, request.text));
    return {};
  }
  for (const speech::ScriptPiece& piece : script.pieces) std::cout << piece.text.text() << "\n";
  return {};
}

// For a text that cannot be spoken, prints an empty result with the reason, and continues with the
// next line.
Result<void> normalize_line(const json& line, int number, speech::Request request,
                            const Speaker& speaker) {
  const auto text_of = [&](const char* key) {
    const auto found = line.is_object() ? line.find(key) : line.end();
    return found != line.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  const std::string format_name = text_of("format");
  const auto format = text::markup::format_named(format_name);
  if (!line.is_object() || !line.contains("text") || !line["text"].is_string() ||
      (!format_name.empty() && !format)) {
    return fail({.kind = ErrorKind::kUsage,
                 .what = fmt::format("line {} of standard input is not a valid request", number),
                 .expected = R"({"text": "…", "language"?, "format"?: plain, markdown, …})"});
  }
  request.text = text_of("text");
  if (const std::string language = text_of("language"); !language.empty())
    request.language = language;
  if (format) request.format = *format;
  const auto script = write(request, speaker);
  if (script) {
    print({{"spoken", http::spoken_text(*script)}});
  } else {
    print({{"spoken", ""}, {"error", script.error().message()}});
  }
  return {};
}

Result<void> normalize(const NormalizeOptions& options, const config::Settings& settings) {
  ORPHEUS_TRY(const Speaker speaker, speaker_of(settings));
  speech::Request request;
  request.voice = options.voice;
  request.language = options.language;
  // Without a model every voice name is accepted.
  if (settings.voice.model.empty()) request.unknown_voice = prompt::UnknownVoice::kAccept;
  ORPHEUS_CHECK(obey(options.of_text, options.file, request));
  if (!options.lines) return normalize_text(options, std::move(request), speaker);
  std::string line;
  for (int number = 1; std::getline(std::cin, line); ++number) {
    ORPHEUS_CHECK(normalize_line(json::parse(line, nullptr, false), number, request, speaker));
  }
  return {};
}

}  // namespace

void add_normalize(CLI::App& program, config::Settings& settings, Chosen& chosen) {
  auto options = std::make_shared<NormalizeOptions>();
  CLI::App* command =
      program.add_subcommand("normalize", "Print the words that are spoken for a text");
  command->footer(R"(Examples:
  orpheus normalize "It cost $5.50 on 3/15."     the words, a piece a line
  orpheus normalize -f README.md --json          voices, pauses, places of words
  echo '{"text": "10 km", "language": "de"}' | orpheus normalize --jsonl)");
  auto* text = command->add_option("text", options->text, "The text, or - for standard input")
                   ->type_name("TEXT");
  auto* file = command->add_option("-f,--file", options->file, "Read the text from a file")
                   ->type_name("FILE")
                   ->excludes(text);
  command
      ->add_flag("--jsonl", options->lines,
                 R"(Read lines {"text", "language"?, "format"?}; print {"spoken": …} for each)")
      ->excludes(text)
      ->excludes(file);
  command->add_flag("--json", options->as_json,
                    "Print JSON: pieces, voices, pauses and the position of each word");
  command
      ->add_option("--language", options->language,
                   "Language of the text: en, fr, de, es, it, ko, hi, zh [the voice's]")
      ->type_name("CODE");
  command->add_option("--voice", options->voice, "The voice [the first]")->type_name("NAME");
  add_text_flags(*command, options->of_text);
  add_model_flag(*command, settings);
  add_setting_flag(*command, settings, "lexicon");
  command->callback([&chosen, &settings, options, text, file] {
    if (text->count() == 0 && file->count() == 0 && !options->lines)
      throw CLI::RequiredError("a text, --file or --jsonl,");
    chosen.finds_models = false;
    chosen.uses_data_folder = false;
    chosen.action = [&settings, options] { return normalize(*options, settings); };
  });
}

}  // namespace orpheus::cli
