// orpheus generate: the tokens after a prompt of ids, for checking and measuring the language
// model.

#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "cli/checks.h"
#include "cli/command.h"
#include "cli/lone_engine.h"
#include "cli/read_input.h"
#include "library/voice_metadata.h"
#include "lm/remote/remote.h"
#include "tensor/gguf_file.h"

namespace orpheus::cli {
namespace {

using nlohmann::json;

struct GenerateOptions {
  std::string prompt_file;
  int num_tokens = 0;
  bool greedy = false;
  bool ignore_stop = false;
  lm::Head head = lm::Head::kSlot;
  int num_top = 0;
  uint64_t seed = 0;
};

Result<std::vector<lm::Token>> read_prompt(const std::string& path) {
  ORPHEUS_TRY(const std::string content, read_input(path));
  const json ids = json::parse(content, nullptr, false);
  std::vector<lm::Token> prompt;
  bool usable = ids.is_array();
  for (size_t i = 0; usable && i < ids.size(); ++i) {
    usable = ids[i].is_number_integer() && ids[i] >= 0 && ids[i] <= INT32_MAX;
    if (usable) prompt.push_back(ids[i].get<lm::Token>());
  }
  if (usable) return prompt;
  return fail({.kind = ErrorKind::kUsage,
               .what = name_of_input(path) + ": not a prompt of token ids",
               .expected = "a JSON array of token ids, such as [128259, 128000, 9906]"});
}

Result<std::unique_ptr<lm::LanguageModel>> open_language_model(const config::Settings& settings) {
  if (!settings.voice.remote.urls.empty()) {
    library::VoiceMetadata metadata = library::published_voice_metadata();
    if (!settings.voice.model.empty()) {
      ORPHEUS_TRY(const auto file, tensor::GgufFile::open(settings.voice.model));
      ORPHEUS_TRY(metadata, library::read_voice_metadata(file, library::Company::kAlone));
    }
    return remote::Remote::open(settings.voice.remote, metadata.layout, metadata.sampling);
  }
  return open_lone_engine(settings.voice.model, settings);
}

Result<void> generate(const GenerateOptions& options, const config::Settings& settings) {
  lm::GenerateRequest request;
  ORPHEUS_TRY(request.prompt, read_prompt(options.prompt_file));
  request.sampling = settings.sampling;
  request.sampling.seed = options.seed;
  if (options.greedy) {
    request.sampling.temperature = 0;
    request.sampling.repetition_penalty = 1;
  }
  request.max_tokens = options.num_tokens;
  request.ignore_stop = options.ignore_stop;
  request.head = options.head;
  request.num_top = options.num_top;

  ORPHEUS_TRY(const auto model, open_language_model(settings));
  ORPHEUS_TRY(const auto stream, model->generate(std::move(request)));
  json answer = {{"ids", json::array()}};
  if (options.num_top > 0) answer["top"] = json::array();
  while (true) {
    ORPHEUS_TRY(const auto token, stream->next());
    if (!token) break;
    answer["ids"].push_back(token->id);
    if (options.num_top == 0) continue;
    json top = json::array();
    for (const lm::TokenProbability& item : token->top)
      top.push_back({{"id", item.id}, {"logprob", item.logprob}});
    answer["top"].push_back(std::move(top));
  }
  std::cout << answer.dump() << "\n";
  return {};
}

}  // namespace

void add_generate(CLI::App& program, config::Settings& settings, Chosen& chosen) {
  auto options = std::make_shared<GenerateOptions>();
  CLI::App* command = program.add_subcommand(
      "generate", "Generate tokens for a prompt of token ids; print them as JSON");
  command->footer(R"(Example:
  echo '[128259, 128000, 9906, 128009, 128260, 128261, 128257]' |
    orpheus generate --prompt-ids - --tokens 70 --model orpheus.gguf)");
  command
      ->add_option("--prompt-ids", options->prompt_file,
                   "File with a JSON array of token ids; -: standard input")
      ->type_name("FILE")
      ->required();
  command->add_option("--tokens", options->num_tokens, "Most tokens to generate")
      ->transform(whole_number(1, INT32_MAX))
      ->type_name("N")
      ->required();
  command->add_flag("--greedy", options->greedy,
                    "Always take the likeliest token, without a repetition penalty");
  command->add_flag("--ignore-stop", options->ignore_stop,
                    "Continue after the end-of-speech token");
  command
      ->add_option("--head", options->head,
                   "Logits to compute: slot, those allowed at the frame position; full, all")
      ->transform(one_of({{"slot", static_cast<int>(lm::Head::kSlot)},
                          {"full", static_cast<int>(lm::Head::kFull)}}))
      ->type_name("HEAD")
      ->default_str("slot");
  add_number_flag(*command, "--top", "Also print this many likeliest ids for each token", 0, 1000,
                  options->num_top);
  add_number_flag(*command, "--seed", "Seed of the sampler", 0, UINT64_MAX, options->seed);
  add_model_flag(*command, settings);
  add_setting_flag(*command, settings, "lm_url");
  add_device_flags(*command, settings);
  add_engine_flags(*command, settings);
  add_group_flags(*command, settings, config::Group::kSampling);
  command->callback([&chosen, &settings, options] {
    if (settings.voice.model.empty() && settings.voice.remote.urls.empty())
      throw CLI::RequiredError("--model");
    chosen.action = [&settings, options] { return generate(*options, settings); };
  });
}

}  // namespace orpheus::cli
