// orpheus normalize: what will be spoken for a text, without a voice.

#include <iostream>
#include <memory>
#include <string>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "cli/command.h"
#include "text/reading/read.h"
#include "text/split.h"

namespace orpheus::cli {
namespace {

using nlohmann::json;

struct NormalizeOptions {
  std::string text;
  std::string language = "en";
  bool lines = false;
};

Result<std::string> spoken(const std::string& text, const std::string& language) {
  ORPHEUS_TRY(const std::string normalised, text::normalise(text));
  return text::reading::read(text::Spanned::verbatim(normalised), language, {}).text();
}

Result<void> normalize_lines() {
  std::string line;
  for (int number = 1; std::getline(std::cin, line); ++number) {
    const json request = json::parse(line, nullptr, false);
    const bool is_request = request.is_object() && request.contains("text") &&
                            request["text"].is_string() && request.contains("language") &&
                            request["language"].is_string();
    if (!is_request) {
      return fail({.kind = ErrorKind::kUsage,
                   .what = fmt::format("line {} of standard input is not a request", number),
                   .expected = R"({"text": "…", "language": "en"})"});
    }
    ORPHEUS_TRY(const std::string words,
                spoken(request["text"].get<std::string>(), request["language"].get<std::string>()));
    std::cout << json{{"spoken", words}}.dump() << "\n";
  }
  return {};
}

Result<void> normalize(const NormalizeOptions& options) {
  if (options.lines) return normalize_lines();
  ORPHEUS_TRY(const std::string words, spoken(options.text, options.language));
  std::cout << words << "\n";
  return {};
}

}  // namespace

void add_normalize(CLI::App& program, Chosen& chosen) {
  auto options = std::make_shared<NormalizeOptions>();
  CLI::App* command = program.add_subcommand("normalize", "Print what is spoken for a text");
  command->footer(R"(Examples:
  orpheus normalize "It is $5 at 5:30pm."
  echo '{"text": "3 km", "language": "de"}' | orpheus normalize --jsonl)");
  auto* text = command->add_option("text", options->text, "The text")->type_name("TEXT");
  command->add_option("--language", options->language, "Its language (ISO 639-1)")
      ->type_name("CODE")
      ->capture_default_str();
  command
      ->add_flag("--jsonl", options->lines,
                 R"(Read {"text": …, "language": …} lines from standard input and print one )"
                 R"({"spoken": …} line for each)")
      ->excludes(text);
  command->callback([&chosen, options, text] {
    if (text->count() == 0 && !options->lines) throw CLI::RequiredError("a text, or --jsonl,");
    chosen.finds_models = false;
    chosen.action = [options] { return normalize(*options); };
  });
}

}  // namespace orpheus::cli
