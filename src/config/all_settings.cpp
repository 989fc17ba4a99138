// The table of all settings. To add one: a member in the options.h of the folder that obeys it, an
// entry here, and its row in docs/configuration.md, which a test compares with this. Commands take
// the flags of whole groups.

#include <limits>
#include <utility>

#include "config/kinds.h"

namespace orpheus::config {
namespace {

using enum Exposure;

std::vector<Setting> voice_settings() {
  return {
      path(
          {.name = "model", .help = "Language model, a GGUF file", .value_name = "FILE"},
          [](auto& s) -> auto& { return s.voice.model; }),
      paths(
          {.name = "more_models",
           .help = "Further language models, GGUF files with commas between them: a request goes "
                   "to the one that has its voice, or speaks its language",
           .value_name = "FILE,…"},
          [](auto& s) -> auto& { return s.voice.more_models; }),
      path(
          {.name = "codec", .help = "SNAC codec, a GGUF file", .value_name = "FILE"},
          [](auto& s) -> auto& { return s.voice.codec; }),
      list(
          {.name = "lm_url",
           .help = "Servers that make the tokens in place of a model here, with commas between "
                   "them: LM Studio, llama-server, vLLM",
           .value_name = "URL,…",
           .variable = "ORPHEUS_API_URL"},
          [](auto& s) -> auto& { return s.voice.remote.urls; }),
      text(
          {.name = "api_key", .help = "Key that those servers ask for", .exposure = kSecret},
          [](auto& s) -> auto& { return s.voice.remote.api_key; }),
      whole_number(
          {.name = "api_timeout", .help = "Seconds that those servers may be without a token"}, 1,
          86'400, [](auto& s) -> auto& { return s.voice.remote.timeout_s; }),
      path(
          {.name = "ca_certificates",
           .help = "PEM file of those who may vouch for https servers, in place of the system's "
                   "(SSL_CERT_FILE and CURL_CA_BUNDLE count too)",
           .value_name = "FILE"},
          [](auto& s) -> auto& { return s.voice.remote.ca_certificates; }),
      list(
          {.name = "voices",
           .help = "Names of voices that the model knows and its file does not list",
           .exposure = kChangeable},
          [](auto& s) -> auto& { return s.voice.added_voices; }),
      path(
          {.name = "lexicon",
           .help = "How words are spoken: a .toml file, or a word and its spelling a line",
           .value_name = "FILE"},
          [](auto& s) -> auto& { return s.voice.speech.lexicon_file; }),
      text(
          {.name = "device",
           .help = "Where to compute: auto, or a name that 'orpheus devices' lists. A,B gives "
                   "each a replica; A+B is one replica whose layers they share",
           .value_name = "NAME"},
          [](auto& s) -> auto& { return s.voice.device.name; }),
      text(
          {.name = "codec_device",
           .help = "Where the codec computes, if not where the model's first replica does",
           .value_name = "NAME"},
          [](auto& s) -> auto& { return s.voice.codec_device; }),
      whole_number(
          {.name = "threads",
           .help = "Threads of the language model at most, fewer while others want the "
                   "cores; 0 is one for each core"},
          0, 1024, [](auto& s) -> auto& { return s.voice.device.num_threads; }),
      whole_number(
          {.name = "max_sequences", .help = "Sequences decoded together, if memory holds them"}, 1,
          1024, [](auto& s) -> auto& { return s.voice.engine.max_sequences; }),
      whole_number(
          {.name = "context_tokens",
           .help = "Tokens of one sequence, prompt and speech, if memory holds them"},
          256, 1 << 20, [](auto& s) -> auto& { return s.voice.engine.context_tokens; }),
      choice<llama::CacheType>(
          {.name = "kv_cache",
           .help = "How keys and values are kept: f16, or q8_0 in half the memory",
           .value_name = "TYPE"},
          {{"f16", llama::CacheType::kF16}, {"q8_0", llama::CacheType::kQ8_0}},
          [](auto& s) -> auto& { return s.voice.engine.cache_type; }),
      choice<bool>(
          {.name = "flash_attention",
           .help = "Attention in one operation, where the device has it",
           .value_name = "WHEN"},
          {{"auto", true}, {"off", false}},
          [](auto& s) -> auto& { return s.voice.engine.flash_attention; }),
      choice<tensor::MatrixPrecision>(
          {.name = "matrix_precision",
           .help =
               "How finely a GPU multiplies matrices: f16 may add up in float16, tf32 adds up in "
               "float32, f32 keeps cuBLAS from TF32 too",
           .value_name = "TYPE"},
          {{"f16", tensor::MatrixPrecision::kF16},
           {"tf32", tensor::MatrixPrecision::kTf32},
           {"f32", tensor::MatrixPrecision::kF32}},
          [](auto& s) -> auto& { return s.voice.device.matrix_precision; }),
      choice<bool>(
          {.name = "graph_replay",
           .help = "A GPU starts a step's kernels together, where its back end can (CUDA graphs)",
           .value_name = "WHEN"},
          {{"auto", true}, {"off", false}},
          [](auto& s) -> auto& { return s.voice.device.replays_graphs; }),
      on_or_off(
          {.name = "reproducible",
           .help = "The same seed gives the same bytes beside other speeches, on a GPU and for "
                   "weights that are not packed too; slower"},
          [](auto& s) -> auto& { return s.voice.engine.reproducible; }),
  };
}

std::vector<Setting> sampling_settings() {
  return {
      whole_number(
          {.name = "max_tokens",
           .help = "Audio tokens of one piece of text; 82 are a second",
           .exposure = kChangeable},
          7, 1 << 20, [](auto& s) -> auto& { return s.max_tokens; }),
      number(
          {.name = "temperature",
           .help = "0 always takes the likeliest token; the voice's own, else 0.6",
           .exposure = kChangeable},
          0, 10, [](auto& s) -> auto& { return s.sampling.temperature; }),
      number(
          {.name = "top_p",
           .help = "Choose among the likeliest that make up this share; the voice's own, else 0.9",
           .exposure = kChangeable},
          0, 1, [](auto& s) -> auto& { return s.sampling.top_p; }),
      whole_number(
          {.name = "top_k", .help = "Choose among this many; 0 is all; the voice's own, else 0"}, 0,
          std::numeric_limits<int>::max(), [](auto& s) -> auto& { return s.sampling.top_k; }),
      number(
          {.name = "min_p",
           .help = "Leave out what is less likely than this share of the likeliest; the voice's "
                   "own, else 0"},
          0, 1, [](auto& s) -> auto& { return s.sampling.min_p; }),
      number(
          {.name = "repetition_penalty",
           .help = "Above 1.1 a large voice speaks faster; the voice's own, else 1.1"},
          0.1F, 10, [](auto& s) -> auto& { return s.sampling.repetition_penalty; }),
  };
}

std::vector<Setting> server_settings() {
  return {
      text(
          {.name = "host",
           .help = "Address to listen at",
           .exposure = kChangeable,
           .value_name = "ADDRESS"},
          [](auto& s) -> auto& { return s.server.host; }),
      whole_number(
          {.name = "port",
           .help = "Port to listen at; 0 takes a free one",
           .exposure = kChangeable},
          0, 65535, [](auto& s) -> auto& { return s.server.port; }),
      whole_number(
          {.name = "max_speeches", .help = "Speeches in progress"}, 1, 4096,
          [](auto& s) -> auto& { return s.server.max_speeches; }),
      whole_number(
          {.name = "max_waiting",
           .help = "Speeches in progress beyond max_speeches; the next gets 429"},
          0, 1 << 20, [](auto& s) -> auto& { return s.server.max_waiting_speeches; }),
      whole_number(
          {.name = "max_connections", .help = "Connections that may be open"}, 1, 1 << 20,
          [](auto& s) -> auto& { return s.server.max_connections; }),
      whole_number<size_t>(
          {.name = "max_input", .help = "Letters of one text to speak"}, 1, 100'000,
          [](auto& s) -> auto& { return s.server.max_input_code_points; }),
      whole_number(
          {.name = "sample_rate", .help = "Of what is sent, in Hz", .exposure = kChangeable}, 8000,
          48000, [](auto& s) -> auto& { return s.server.sample_rate_hz; }),
      text(
          {.name = "model_name",
           .help = "What listings and headers call the model; the file's own name where empty",
           .exposure = kChangeable},
          [](auto& s) -> auto& { return s.server.model_name; }),
      choice<prompt::UnknownVoice>(
          {.name = "unknown_voice",
           .help = "A voice that is not there is refused, accepted as it "
                   "is, or replaced by the first",
           .exposure = kChangeable},
          {{"refuse", prompt::UnknownVoice::kRefuse},
           {"accept", prompt::UnknownVoice::kAccept},
           {"first", prompt::UnknownVoice::kFirst}},
          [](auto& s) -> auto& { return s.server.unknown_voice; }),
      list(
          {.name = "server_keys", .help = "Keys for speech and completions", .exposure = kSecret},
          [](auto& s) -> auto& { return s.server.keys; }),
      path(
          {.name = "server_keys_file",
           .help = "A file of them, one a line",
           .value_name = "FILE",
           .tells_empty = true},
          [](auto& s) -> auto& { return s.server_keys_file; }),
      list(
          {.name = "admin_keys", .help = "Keys for the admin routes too", .exposure = kSecret},
          [](auto& s) -> auto& { return s.server.admin_keys; }),
      path(
          {.name = "admin_keys_file",
           .help = "A file of them, one a line",
           .value_name = "FILE",
           .tells_empty = true},
          [](auto& s) -> auto& { return s.admin_keys_file; }),
      on_or_off(
          {.name = "metrics_key", .help = "/metrics needs a key too"},
          [](auto& s) -> auto& { return s.server.metrics_need_key; }),
      list(
          {.name = "cors_origins", .help = "Whose pages may call: https://example.org, or *"},
          [](auto& s) -> auto& { return s.server.cors_origins; }),
      path(
          {.name = "tls_certificate",
           .help = "With tls_key: the server speaks https; PEM, those that vouch for it behind it",
           .value_name = "FILE"},
          [](auto& s) -> auto& { return s.server.tls_certificate; }),
      path(
          {.name = "tls_key", .help = "Private key of tls_certificate, PEM", .value_name = "FILE"},
          [](auto& s) -> auto& { return s.server.tls_key; }),
      path(
          {.name = "outputs",
           .help = "Folder of what POST /speak keeps; in the data folder where empty",
           .value_name = "FOLDER"},
          [](auto& s) -> auto& { return s.server.outputs_folder; }),
      on_or_off(
          {.name = "log_text", .help = "What is spoken goes into the log"},
          [](auto& s) -> auto& { return s.server.log_text; }),
  };
}

std::vector<Setting> models_settings() {
  return {
      text(
          {.name = "hub_url",
           .help = "Where 'orpheus pull' fetches from: https://huggingface.co, or a mirror of its "
                   "addresses (HF_ENDPOINT counts too)",
           .value_name = "URL"},
          [](auto& s) -> auto& { return s.models.hub_url; }),
      text(
          {.name = "hub_token",
           .help = "Token of the hub, for private files (HF_TOKEN counts too)",
           .exposure = kSecret},
          [](auto& s) -> auto& { return s.models.token; }),
  };
}

}  // namespace

const std::vector<Setting>& all_settings() {
  static const std::vector<Setting> all = [] {
    std::vector<Setting> settings;
    const auto add = [&](Group group, std::vector<Setting> of_group) {
      for (Setting& setting : of_group) {
        setting.group = group;
        settings.push_back(std::move(setting));
      }
    };
    add(Group::kVoice, voice_settings());
    add(Group::kSampling, sampling_settings());
    add(Group::kServer, server_settings());
    add(Group::kModels, models_settings());
    return settings;
  }();
  return all;
}

}  // namespace orpheus::config
