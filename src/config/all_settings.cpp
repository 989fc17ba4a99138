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
           .help = "Language model: a GGUF file, or the name of an installed model",
           .value_name = "FILE"},
          [](auto& s) -> auto& { return s.voice.model; }),
      paths(
          {.name = "more_models",
           .help = "Further language models; the request's voice or language selects one",
           .value_name = "FILE,…"},
          [](auto& s) -> auto& { return s.voice.more_models; }),
      path(
          {.name = "codec",
           .help = "SNAC codec: a GGUF file, or snac (the installed codec)",
           .value_name = "FILE"},
          [](auto& s) -> auto& { return s.voice.codec; }),
      list(
          {.name = "lm_url",
           .help = "Servers that run the language model: LM Studio, llama-server, vLLM",
           .value_name = "URL,…",
           .variable = "ORPHEUS_API_URL"},
          [](auto& s) -> auto& { return s.voice.remote.urls; }),
      text(
          {.name = "api_key", .help = "API key for the servers of lm_url", .exposure = kSecret},
          [](auto& s) -> auto& { return s.voice.remote.api_key; }),
      whole_number(
          {.name = "api_timeout", .help = "Longest wait for a token of these servers, in seconds"},
          1, 86'400, [](auto& s) -> auto& { return s.voice.remote.timeout_s; }),
      text(
          {.name = "api_proxy",
           .help = "Proxy for these servers; default: the environment's, none for local servers",
           .value_name = "URL"},
          [](auto& s) -> auto& { return s.voice.remote.proxy; }),
      path(
          {.name = "ca_certificates",
           .help = "PEM file of trusted authorities; replaces the system's",
           .value_name = "FILE"},
          [](auto& s) -> auto& { return s.voice.remote.ca_certificates; }),
      list(
          {.name = "voices",
           .help = "Voice names that the model knows but its file does not list",
           .exposure = kChangeable},
          [](auto& s) -> auto& { return s.voice.added_voices; }),
      path(
          {.name = "lexicon",
           .help = "Lexicon: a .toml file, or lines with a word and its spelling",
           .value_name = "FILE"},
          [](auto& s) -> auto& { return s.voice.speech.lexicon_file; }),
      whole_number(
          {.name = "live_silence",
           .help = "Silence kept of a long one before streamed speech, in ms; files keep all"},
          0, 10'000, [](auto& s) -> auto& { return s.voice.speech.live_silence_ms; }),
      choice<speech::ProofMode>(
          {.name = "proof",
           .help = "Pieces that miss words: strict, made anew before they sound; on, cut; off",
           .value_name = "NAME"},
          {{"auto", speech::ProofMode::kAuto},
           {"strict", speech::ProofMode::kStrict},
           {"on", speech::ProofMode::kOn},
           {"off", speech::ProofMode::kOff}},
          [](auto& s) -> auto& { return s.voice.speech.proof; }),
      text(
          {.name = "device",
           .help = "auto, or devices: A,B has a replica on each; A+B divides one replica",
           .value_name = "NAME"},
          [](auto& s) -> auto& { return s.voice.device.name; }),
      text(
          {.name = "codec_device",
           .help = "Device of the codec; default: the device of the first replica",
           .value_name = "NAME"},
          [](auto& s) -> auto& { return s.voice.codec_device; }),
      choice<snac::Arithmetic>(
          {.name = "codec_arithmetic",
           .help = "Codec: kernels (own, CPU only), graph (ggml); auto: kernels on a CPU",
           .value_name = "KIND"},
          {{"auto", snac::Arithmetic::kAuto},
           {"kernels", snac::Arithmetic::kKernels},
           {"graph", snac::Arithmetic::kGraph}},
          [](auto& s) -> auto& { return s.voice.decoder.arithmetic; }),
      whole_number(
          {.name = "threads",
           .help = "Maximum number of threads for the language model; 0: one per core"},
          0, 1024, [](auto& s) -> auto& { return s.voice.device.num_threads; }),
      whole_number(
          {.name = "max_sequences",
           .help = "Maximum number of sequences in a batch, if they fit into memory"},
          1, 1024, [](auto& s) -> auto& { return s.voice.engine.max_sequences; }),
      whole_number(
          {.name = "context_tokens", .help = "Length of a sequence (prompt and speech) in tokens"},
          256, 1 << 20, [](auto& s) -> auto& { return s.voice.engine.context_tokens; }),
      choice<llama::CacheType>(
          {.name = "kv_cache",
           .help = "Type of the KV cache; q8_0 needs half the memory",
           .value_name = "TYPE"},
          {{"f16", llama::CacheType::kF16}, {"q8_0", llama::CacheType::kQ8_0}},
          [](auto& s) -> auto& { return s.voice.engine.cache_type; }),
      choice<engine::Guarantee>(
          {.name = "guarantee",
           .help = "realtime: refuse a listener (429) rather than interrupt others",
           .value_name = "NAME"},
          {{"none", engine::Guarantee::kNone}, {"realtime", engine::Guarantee::kRealtime}},
          [](auto& s) -> auto& { return s.voice.engine.guarantee; }),
      choice<bool>(
          {.name = "flash_attention",
           .help = "Flash attention; auto: if the device supports it",
           .value_name = "WHEN"},
          {{"auto", true}, {"off", false}},
          [](auto& s) -> auto& { return s.voice.engine.flash_attention; }),
      choice<tensor::MatrixPrecision>(
          {.name = "matrix_precision",
           .help = "Precision of matrix products on a GPU, from fast to exact",
           .value_name = "TYPE"},
          {{"f16", tensor::MatrixPrecision::kF16},
           {"tf32", tensor::MatrixPrecision::kTf32},
           {"f32", tensor::MatrixPrecision::kF32}},
          [](auto& s) -> auto& { return s.voice.device.matrix_precision; }),
      choice<bool>(
          {.name = "graph_replay",
           .help = "CUDA graphs: start all kernels of a step together; auto: if supported",
           .value_name = "WHEN"},
          {{"auto", true}, {"off", false}},
          [](auto& s) -> auto& { return s.voice.device.replays_graphs; }),
      on_or_off(
          {.name = "reproducible",
           .help = "The same seed gives the same bytes in any batch; slower"},
          [](auto& s) -> auto& { return s.voice.engine.reproducible; }),
  };
}

std::vector<Setting> sampling_settings() {
  return {
      whole_number(
          {.name = "max_tokens",
           .help = "Maximum number of audio tokens of a piece; 82 make one second",
           .exposure = kChangeable},
          7, 1 << 20, [](auto& s) -> auto& { return s.max_tokens; }),
      number(
          {.name = "temperature",
           .help = "0: always the likeliest token; default: the voice's value, else 0.6",
           .exposure = kChangeable},
          0, 10, [](auto& s) -> auto& { return s.sampling.temperature; }),
      number(
          {.name = "top_p",
           .help =
               "Sample from tokens that add up to this probability; default: the voice's, else 0.9",
           .exposure = kChangeable},
          0, 1, [](auto& s) -> auto& { return s.sampling.top_p; }),
      whole_number(
          {.name = "top_k",
           .help = "Sample from this many likeliest tokens; 0: all; default: the voice's, else 0"},
          0, std::numeric_limits<int>::max(), [](auto& s) -> auto& { return s.sampling.top_k; }),
      number(
          {.name = "min_p",
           .help = "Drop tokens below this share of the best probability; default: the voice's, "
                   "else 0"},
          0, 1, [](auto& s) -> auto& { return s.sampling.min_p; }),
      number(
          {.name = "repetition_penalty",
           .help = "Penalty of repeated tokens; default: the voice's value, else 1.1"},
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
          {.name = "port", .help = "Port to listen at; 0: any free port", .exposure = kChangeable},
          0, 65535, [](auto& s) -> auto& { return s.server.port; }),
      whole_number(
          {.name = "wyoming_port",
           .help = "Port for Home Assistant (Wyoming; no keys); 0: any free port; default: off"},
          0, 65535, [](auto& s) -> auto& { return s.wyoming.port; }),
      whole_number(
          {.name = "max_speeches", .help = "Speech requests that are generated at a time"}, 1, 4096,
          [](auto& s) -> auto& { return s.server.max_speeches; }),
      whole_number(
          {.name = "max_waiting",
           .help = "Further speech requests that may wait; the next one gets 429"},
          0, 1 << 20, [](auto& s) -> auto& { return s.server.max_waiting_speeches; }),
      whole_number(
          {.name = "max_connections", .help = "Maximum number of open connections"}, 1, 1 << 20,
          [](auto& s) -> auto& { return s.server.max_connections; }),
      whole_number<size_t>(
          {.name = "max_input", .help = "Maximum number of characters of a text"}, 1, 100'000,
          [](auto& s) -> auto& { return s.server.max_input_code_points; }),
      whole_number(
          {.name = "sample_rate",
           .help = "Sample rate of the server's sound, in Hz",
           .exposure = kChangeable},
          8000, 48000, [](auto& s) -> auto& { return s.server.sample_rate_hz; }),
      text(
          {.name = "model_name",
           .help = "Model name in listings, headers and remote requests; default: the file's",
           .exposure = kChangeable},
          [](auto& s) -> auto& { return s.server.model_name; }),
      choice<prompt::UnknownVoice>(
          {.name = "unknown_voice",
           .help = "For unknown voices: refuse, accept the name, or use the first voice",
           .exposure = kChangeable},
          {{"refuse", prompt::UnknownVoice::kRefuse},
           {"accept", prompt::UnknownVoice::kAccept},
           {"first", prompt::UnknownVoice::kFirst}},
          [](auto& s) -> auto& { return s.server.unknown_voice; }),
      list(
          {.name = "server_keys",
           .help = "API keys for speech and token requests",
           .exposure = kSecret},
          [](auto& s) -> auto& { return s.server.keys; }),
      path(
          {.name = "server_keys_file",
           .help = "File with such keys, one per line",
           .value_name = "FILE",
           .tells_empty = true},
          [](auto& s) -> auto& { return s.server_keys_file; }),
      list(
          {.name = "admin_keys",
           .help = "API keys for all routes, including settings",
           .exposure = kSecret},
          [](auto& s) -> auto& { return s.server.admin_keys; }),
      path(
          {.name = "admin_keys_file",
           .help = "File with such keys, one per line",
           .value_name = "FILE",
           .tells_empty = true},
          [](auto& s) -> auto& { return s.admin_keys_file; }),
      on_or_off(
          {.name = "metrics_key", .help = "Require a key for /metrics"},
          [](auto& s) -> auto& { return s.server.metrics_need_key; }),
      list(
          {.name = "cors_origins",
           .help = "Web origins that may use the API: https://example.org, or *"},
          [](auto& s) -> auto& { return s.server.cors_origins; }),
      list(
          {.name = "allowed_hosts", .help = "Further host names of a server at 127.0.0.1; *: any"},
          [](auto& s) -> auto& { return s.server.allowed_hosts; }),
      path(
          {.name = "tls_certificate",
           .help = "Certificate chain (PEM); with tls_key, the server uses https",
           .value_name = "FILE"},
          [](auto& s) -> auto& { return s.server.tls_certificate; }),
      path(
          {.name = "tls_key", .help = "Private key of tls_certificate (PEM)", .value_name = "FILE"},
          [](auto& s) -> auto& { return s.server.tls_key; }),
      path(
          {.name = "outputs",
           .help = "Folder for files of POST /speak; default: in the data folder",
           .value_name = "FOLDER"},
          [](auto& s) -> auto& { return s.server.outputs_folder; }),
      whole_seconds(
          {.name = "drain_seconds",
           .help = "Time for requests that have sent sound when the server stops, in seconds"},
          0, 86'400, [](auto& s) -> auto& { return s.server.drain_timeout; }),
      choice<log::Level>(
          {.name = "log_level",
           .help = "Lowest level of lines that 'orpheus serve' logs",
           .value_name = "LEVEL"},
          {{"debug", log::Level::kDebug},
           {"info", log::Level::kInfo},
           {"warning", log::Level::kWarning},
           {"error", log::Level::kError}},
          [](auto& s) -> auto& { return s.log.level; }),
      choice<log::Format>(
          {.name = "log_format",
           .help = "Format of the log: lines of text, or a JSON object per line",
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
           .help = "Server for 'orpheus pull': https://huggingface.co or a mirror",
           .value_name = "URL"},
          [](auto& s) -> auto& { return s.models.hub_url; }),
      text(
          {.name = "hub_token", .help = "Token of the hub, for private files", .exposure = kSecret},
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
