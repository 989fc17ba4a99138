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
          {.name = "model",
           .help = "Language model: a GGUF file, or an installed model's name",
           .value_name = "FILE"},
          [](auto& s) -> auto& { return s.voice.model; }),
      paths(
          {.name = "more_models",
           .help = "More language models; a request's voice or language chooses one",
           .value_name = "FILE,…"},
          [](auto& s) -> auto& { return s.voice.more_models; }),
      path(
          {.name = "codec", .help = "SNAC codec: a GGUF file", .value_name = "FILE"},
          [](auto& s) -> auto& { return s.voice.codec; }),
      list(
          {.name = "lm_url",
           .help = "Remote servers for the language model: LM Studio, llama-server, vLLM",
           .value_name = "URL,…",
           .variable = "ORPHEUS_API_URL"},
          [](auto& s) -> auto& { return s.voice.remote.urls; }),
      text(
          {.name = "api_key", .help = "Key for the servers of lm_url", .exposure = kSecret},
          [](auto& s) -> auto& { return s.voice.remote.api_key; }),
      whole_number(
          {.name = "api_timeout", .help = "Seconds to wait for a token of those servers"}, 1,
          86'400, [](auto& s) -> auto& { return s.voice.remote.timeout_s; }),
      text(
          {.name = "api_proxy",
           .help = "Proxy to those servers; unset: the environment's, but none to this machine",
           .value_name = "URL"},
          [](auto& s) -> auto& { return s.voice.remote.proxy; }),
      path(
          {.name = "ca_certificates",
           .help = "PEM file of trusted authorities, in place of the system's",
           .value_name = "FILE"},
          [](auto& s) -> auto& { return s.voice.remote.ca_certificates; }),
      list(
          {.name = "voices",
           .help = "More voice names, known to the model but not listed in its file",
           .exposure = kChangeable},
          [](auto& s) -> auto& { return s.voice.added_voices; }),
      path(
          {.name = "lexicon",
           .help = "Pronunciations: a .toml file, or a word and its spelling on each line",
           .value_name = "FILE"},
          [](auto& s) -> auto& { return s.voice.speech.lexicon_file; }),
      text(
          {.name = "device",
           .help = "auto, or names of 'orpheus devices': A,B are two replicas, A+B share one",
           .value_name = "NAME"},
          [](auto& s) -> auto& { return s.voice.device.name; }),
      text(
          {.name = "codec_device",
           .help = "Device of the codec; empty: the first replica's",
           .value_name = "NAME"},
          [](auto& s) -> auto& { return s.voice.codec_device; }),
      whole_number(
          {.name = "threads", .help = "Most threads of the language model; 0: one for each core"},
          0, 1024, [](auto& s) -> auto& { return s.voice.device.num_threads; }),
      whole_number(
          {.name = "max_sequences",
           .help = "Most sequences generated together, if memory holds them"},
          1, 1024, [](auto& s) -> auto& { return s.voice.engine.max_sequences; }),
      whole_number(
          {.name = "context_tokens",
           .help = "Tokens of a sequence (prompt and speech), if memory holds them"},
          256, 1 << 20, [](auto& s) -> auto& { return s.voice.engine.context_tokens; }),
      choice<llama::CacheType>(
          {.name = "kv_cache",
           .help = "Type of cached keys and values; q8_0 takes half the memory",
           .value_name = "TYPE"},
          {{"f16", llama::CacheType::kF16}, {"q8_0", llama::CacheType::kQ8_0}},
          [](auto& s) -> auto& { return s.voice.engine.cache_type; }),
      choice<bool>(
          {.name = "flash_attention",
           .help = "Attention as one operation, if the device has it",
           .value_name = "WHEN"},
          {{"auto", true}, {"off", false}},
          [](auto& s) -> auto& { return s.voice.engine.flash_attention; }),
      choice<tensor::MatrixPrecision>(
          {.name = "matrix_precision",
           .help = "Precision of a GPU's matrix products, from fast to exact",
           .value_name = "TYPE"},
          {{"f16", tensor::MatrixPrecision::kF16},
           {"tf32", tensor::MatrixPrecision::kTf32},
           {"f32", tensor::MatrixPrecision::kF32}},
          [](auto& s) -> auto& { return s.voice.device.matrix_precision; }),
      choice<bool>(
          {.name = "graph_replay",
           .help = "CUDA graphs: start a step's kernels together, if the GPU can",
           .value_name = "WHEN"},
          {{"auto", true}, {"off", false}},
          [](auto& s) -> auto& { return s.voice.device.replays_graphs; }),
      on_or_off(
          {.name = "reproducible",
           .help = "The same seed gives the same bytes everywhere, more slowly"},
          [](auto& s) -> auto& { return s.voice.engine.reproducible; }),
  };
}

std::vector<Setting> sampling_settings() {
  return {
      whole_number(
          {.name = "max_tokens",
           .help = "Most audio tokens of one piece of text; 82 are a second",
           .exposure = kChangeable},
          7, 1 << 20, [](auto& s) -> auto& { return s.max_tokens; }),
      number(
          {.name = "temperature",
           .help = "0 takes the likeliest token; empty: the voice's own, else 0.6",
           .exposure = kChangeable},
          0, 10, [](auto& s) -> auto& { return s.sampling.temperature; }),
      number(
          {.name = "top_p",
           .help = "Keep the likeliest tokens up to this share; empty: the voice's own, else 0.9",
           .exposure = kChangeable},
          0, 1, [](auto& s) -> auto& { return s.sampling.top_p; }),
      whole_number(
          {.name = "top_k",
           .help = "Keep this many tokens; 0: all; empty: the voice's own, else 0"},
          0, std::numeric_limits<int>::max(), [](auto& s) -> auto& { return s.sampling.top_k; }),
      number(
          {.name = "min_p",
           .help = "Drop tokens below this share of the likeliest; empty: the voice's own, else 0"},
          0, 1, [](auto& s) -> auto& { return s.sampling.min_p; }),
      number(
          {.name = "repetition_penalty",
           .help = "Higher speaks faster; empty: the voice's own, else 1.1"},
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
          {.name = "max_connections", .help = "Most open connections"}, 1, 1 << 20,
          [](auto& s) -> auto& { return s.server.max_connections; }),
      whole_number<size_t>(
          {.name = "max_input", .help = "Most characters of one text"}, 1, 100'000,
          [](auto& s) -> auto& { return s.server.max_input_code_points; }),
      whole_number(
          {.name = "sample_rate",
           .help = "Sample rate of the server's sound, in Hz",
           .exposure = kChangeable},
          8000, 48000, [](auto& s) -> auto& { return s.server.sample_rate_hz; }),
      text(
          {.name = "model_name",
           .help = "Model's name in listings and headers; empty: the file's own",
           .exposure = kChangeable},
          [](auto& s) -> auto& { return s.server.model_name; }),
      choice<prompt::UnknownVoice>(
          {.name = "unknown_voice",
           .help = "An unknown voice: refuse it, accept the name, or use the first voice",
           .exposure = kChangeable},
          {{"refuse", prompt::UnknownVoice::kRefuse},
           {"accept", prompt::UnknownVoice::kAccept},
           {"first", prompt::UnknownVoice::kFirst}},
          [](auto& s) -> auto& { return s.server.unknown_voice; }),
      list(
          {.name = "server_keys",
           .help = "API keys for speech and completions",
           .exposure = kSecret},
          [](auto& s) -> auto& { return s.server.keys; }),
      path(
          {.name = "server_keys_file",
           .help = "File with more of these keys, one a line",
           .value_name = "FILE",
           .tells_empty = true},
          [](auto& s) -> auto& { return s.server_keys_file; }),
      list(
          {.name = "admin_keys",
           .help = "API keys for the admin routes and all others",
           .exposure = kSecret},
          [](auto& s) -> auto& { return s.server.admin_keys; }),
      path(
          {.name = "admin_keys_file",
           .help = "File with more of these keys, one a line",
           .value_name = "FILE",
           .tells_empty = true},
          [](auto& s) -> auto& { return s.admin_keys_file; }),
      on_or_off(
          {.name = "metrics_key", .help = "/metrics needs a key too"},
          [](auto& s) -> auto& { return s.server.metrics_need_key; }),
      list(
          {.name = "cors_origins",
           .help = "Origins with pages that may call: https://example.org, or *"},
          [](auto& s) -> auto& { return s.server.cors_origins; }),
      list(
          {.name = "allowed_hosts",
           .help = "Host names of a server at 127.0.0.1, besides localhost; * is all"},
          [](auto& s) -> auto& { return s.server.allowed_hosts; }),
      path(
          {.name = "tls_certificate",
           .help = "Certificate chain (PEM); with tls_key the server speaks https",
           .value_name = "FILE"},
          [](auto& s) -> auto& { return s.server.tls_certificate; }),
      path(
          {.name = "tls_key", .help = "Private key of tls_certificate (PEM)", .value_name = "FILE"},
          [](auto& s) -> auto& { return s.server.tls_key; }),
      path(
          {.name = "outputs",
           .help = "Folder for speeches of POST /speak; empty: in the data folder",
           .value_name = "FOLDER"},
          [](auto& s) -> auto& { return s.server.outputs_folder; }),
      whole_seconds(
          {.name = "drain_seconds", .help = "Time for speeches in progress when the server stops"},
          0, 86'400, [](auto& s) -> auto& { return s.server.drain_timeout; }),
      choice<log::Level>(
          {.name = "log_level",
           .help = "Least severe lines that 'orpheus serve' logs",
           .value_name = "LEVEL"},
          {{"debug", log::Level::kDebug},
           {"info", log::Level::kInfo},
           {"warning", log::Level::kWarning},
           {"error", log::Level::kError}},
          [](auto& s) -> auto& { return s.log.level; }),
      choice<log::Format>(
          {.name = "log_format",
           .help = "Lines of text, or one JSON object a line",
           .value_name = "FORMAT"},
          {{"text", log::Format::kText}, {"json", log::Format::kJson}},
          [](auto& s) -> auto& { return s.log.format; }),
      on_or_off(
          {.name = "log_text", .help = "Log the texts of requests"},
          [](auto& s) -> auto& { return s.server.log_text; }),
  };
}

std::vector<Setting> models_settings() {
  return {
      text(
          {.name = "hub_url",
           .help = "Source of 'orpheus pull': https://huggingface.co or a mirror",
           .value_name = "URL"},
          [](auto& s) -> auto& { return s.models.hub_url; }),
      text(
          {.name = "hub_token", .help = "The hub's token, for private files", .exposure = kSecret},
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
