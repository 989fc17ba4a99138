// orpheus tokenize: the ids of a text, without begin of text. Special tokens are not parsed.

#include <iostream>
#include <memory>
#include <string>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "cli/command.h"
#include "lm/llama/config.h"
#include "prompt/tokenizer.h"
#include "tensor/gguf_file.h"

namespace orpheus::cli {
namespace {

using nlohmann::json;

struct TokenizeOptions {
  std::string text;
  bool lines = false;
};

Result<void> print_ids(const prompt::Tokenizer& tokenizer, const std::string& text) {
  ORPHEUS_TRY(const auto ids, tokenizer.encode(text));
  std::cout << json{{"ids", ids}}.dump() << "\n";
  return {};
}

Result<void> tokenize_lines(const prompt::Tokenizer& tokenizer) {
  std::string line;
  for (int number = 1; std::getline(std::cin, line); ++number) {
    const json request = json::parse(line, nullptr, false);
    if (!request.is_object() || !request.contains("text") || !request["text"].is_string()) {
      return fail({.kind = ErrorKind::kUsage,
                   .what = fmt::format("line {} of standard input is not a valid request", number),
                   .expected = R"({"text": "…"})"});
    }
    ORPHEUS_CHECK(print_ids(tokenizer, request["text"].get<std::string>()));
  }
  return {};
}

Result<void> tokenize(const TokenizeOptions& options, const config::Settings& settings) {
  ORPHEUS_TRY(const auto file, tensor::GgufFile::open(settings.voice.model));
  ORPHEUS_TRY([[maybe_unused]] const auto config, llama::read_config(file));
  ORPHEUS_TRY(const auto vocabulary, llama::read_vocabulary(file));
  ORPHEUS_TRY(const auto tokenizer, prompt::Tokenizer::create(vocabulary));
  return options.lines ? tokenize_lines(tokenizer) : print_ids(tokenizer, options.text);
}

}  // namespace

void add_tokenize(CLI::App& program, config::Settings& settings, Chosen& chosen) {
  auto options = std::make_shared<TokenizeOptions>();
  CLI::App* command = program.add_subcommand("tokenize", "Print the token ids of a text, as JSON");
  command->footer(R"(Examples:
  orpheus tokenize "Hello there." --model orpheus.gguf
  echo '{"text": "Hello"}' | orpheus tokenize --jsonl --model orpheus.gguf)");
  auto* text = command->add_option("text", options->text, "The text")->type_name("TEXT");
  command
      ->add_flag("--jsonl", options->lines,
                 R"(Read lines {"text": …} from standard input; print {"ids": […]} for each)")
      ->excludes(text);
  add_model_flag(*command, settings);
  command->callback([&chosen, &settings, options, text] {
    if (settings.voice.model.empty()) throw CLI::RequiredError("--model");
    if (text->count() == 0 && !options->lines) throw CLI::RequiredError("a text, or --jsonl,");
    chosen.action = [&settings, options] { return tokenize(*options, settings); };
  });
}

}  // namespace orpheus::cli
