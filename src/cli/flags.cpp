// The flags that several commands share.

#include <cstdint>
#include <string>

#include "cli/checks.h"
#include "cli/command.h"

namespace orpheus::cli {

void add_model_flag(CLI::App& command, config::Settings& settings) {
  command
      .add_option("--model", settings.voice.model, "Language model, a GGUF file [ORPHEUS_MODEL]")
      ->type_name("FILE");
}

void add_lm_url_flag(CLI::App& command, config::Settings& settings) {
  command
      .add_option_function<std::string>(
          "--lm-url",
          [&settings](const std::string& list) {
            settings.voice.remote.urls = CLI::detail::split(list, ',');
          },
          "Let a server make the tokens: LM Studio, llama-server, vLLM; several with commas "
          "[ORPHEUS_API_URL]")
      ->type_name("URL");
}

void add_codec_flag(CLI::App& command, config::Settings& settings) {
  command.add_option("--codec", settings.voice.codec, "SNAC codec, a GGUF file [ORPHEUS_CODEC]")
      ->type_name("FILE");
}

void add_device_flags(CLI::App& command, config::Settings& settings, const std::string& threads) {
  command
      .add_option(
          "--device", settings.voice.device.name,
          "Where to compute: auto, or a name that 'orpheus devices' lists; of several, A,B, say "
          "and serve give each a replica [ORPHEUS_DEVICE]")
      ->type_name("NAME")
      ->capture_default_str();
  command
      .add_option("--threads", settings.voice.device.num_threads, threads + " [ORPHEUS_THREADS]")
      ->transform(whole_number(0, 1024))
      ->type_name("N")
      ->capture_default_str();
}

void add_engine_flags(CLI::App& command, config::Settings& settings) {
  auto& engine = settings.voice.engine;
  command
      .add_option("--kv-cache", engine.cache_type,
                  "How keys and values are kept: f16, or q8_0 in half the memory")
      ->transform(one_of({{"f16", static_cast<int>(llama::CacheType::kF16)},
                          {"q8_0", static_cast<int>(llama::CacheType::kQ8_0)}}))
      ->type_name("TYPE")
      ->default_str("f16");
  command.add_flag("--reproducible", engine.reproducible,
                   "The same seed gives the same bytes whoever else speaks; slower");
}

void add_sampling_flags(CLI::App& command, config::Settings& settings) {
  auto& sampling = settings.sampling;
  command
      .add_option("--temperature", sampling.temperature,
                  "0 always takes the likeliest token [ORPHEUS_TEMPERATURE]")
      ->transform(number(0, 10))
      ->type_name("X")
      ->capture_default_str();
  command
      .add_option("--top-p", sampling.top_p,
                  "Choose among the likeliest that make up this share [ORPHEUS_TOP_P]")
      ->transform(number(0, 1))
      ->type_name("X")
      ->capture_default_str();
  command.add_option("--top-k", sampling.top_k, "Choose among this many; 0 is all")
      ->transform(whole_number(0, INT32_MAX))
      ->type_name("N")
      ->capture_default_str();
  command
      .add_option("--min-p", sampling.min_p,
                  "Leave out what is less likely than this share of the likeliest")
      ->transform(number(0, 1))
      ->type_name("X")
      ->capture_default_str();
  command
      .add_option("--repetition-penalty", sampling.repetition_penalty,
                  "Above 1.1 the voice speaks faster")
      ->transform(number(0.1, 10))
      ->type_name("X")
      ->capture_default_str();
}

void add_max_tokens_flag(CLI::App& command, config::Settings& settings) {
  command
      .add_option("--max-tokens", settings.max_tokens,
                  "Audio tokens of one piece of text; 82 are a second [ORPHEUS_MAX_TOKENS]")
      ->transform(whole_number(7, 1 << 20))
      ->type_name("N")
      ->capture_default_str();
}

}  // namespace orpheus::cli
