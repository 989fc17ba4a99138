#include "lm/llama/config.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "base/utf8.h"

namespace orpheus::llama {
namespace {

using tensor::GgufFile;

constexpr uint32_t kMaxDimension = 1U << 20U;
constexpr uint32_t kMaxLayers = 512;

Result<int> dimension(const GgufFile& file, const std::string& key,
                      uint32_t highest = kMaxDimension) {
  ORPHEUS_TRY(const uint32_t value, file.u32(key));
  if (value >= 1 && value <= highest) return static_cast<int>(value);
  return fail({.kind = ErrorKind::kBadFile,
               .what = file.name() + ": the metadata key '" + key + "' has an invalid value",
               .expected = "1 to " + std::to_string(highest),
               .found = std::to_string(value)});
}

Result<int> dimension_or(const GgufFile& file, const std::string& key, int fallback) {
  if (!file.has(key)) return fallback;
  return dimension(file, key);
}

Result<void> check_architecture(const GgufFile& file) {
  ORPHEUS_TRY(const std::string_view architecture, file.string("general.architecture"));
  if (architecture == "llama") return {};
  const bool codec = architecture == "snac";
  return fail({.kind = codec ? ErrorKind::kBadFile : ErrorKind::kUnsupported,
               .what = file.name() + (codec ? ": this is a codec, not a language model"
                                            : ": not an Orpheus model"),
               .expected = "the architecture 'llama'",
               .found = "'" + std::string(architecture) + "'",
               .remedy = codec ? "Set --codec to this file and --model to a language model." : ""});
}

Result<void> check_shape(const GgufFile& file, const Config& config) {
  std::string wrong;
  if (config.num_heads % config.num_kv_heads != 0)
    wrong = "the number of heads is not a multiple of the KV heads";
  if (int64_t{config.num_heads} * config.head_dim > int64_t{kMaxDimension})
    wrong = "there are too many heads, or they are too wide";
  if (config.rope_dims > config.head_dim || config.rope_dims % 2 != 0)
    wrong = "the rope is longer than a head";
  if (!(config.rope_base > 0)) wrong = "the rope's base is not positive";
  if (!(config.rms_epsilon >= 0 && config.rms_epsilon < 1))
    wrong = "the RMS epsilon is out of range";
  if (wrong.empty()) return {};
  return fail({.kind = ErrorKind::kBadFile, .what = file.name() + ": " + wrong});
}

}  // namespace

Result<Config> read_config(const GgufFile& file) {
  ORPHEUS_CHECK(check_architecture(file));
  Config config;
  ORPHEUS_TRY(config.num_layers, dimension(file, "llama.block_count", kMaxLayers));
  ORPHEUS_TRY(config.width, dimension(file, "llama.embedding_length"));
  ORPHEUS_TRY(config.feed_forward, dimension(file, "llama.feed_forward_length"));
  ORPHEUS_TRY(config.num_heads, dimension(file, "llama.attention.head_count"));
  ORPHEUS_TRY(config.num_kv_heads,
              dimension_or(file, "llama.attention.head_count_kv", config.num_heads));
  ORPHEUS_TRY(config.head_dim, dimension_or(file, "llama.attention.key_length",
                                            std::max(1, config.width / config.num_heads)));
  ORPHEUS_TRY(const int value_dim,
              dimension_or(file, "llama.attention.value_length", config.head_dim));
  ORPHEUS_TRY(config.context_length, dimension(file, "llama.context_length"));
  ORPHEUS_TRY(config.rope_dims, dimension_or(file, "llama.rope.dimension_count", config.head_dim));
  config.rope_base = 10000.0F;
  if (file.has("llama.rope.freq_base")) {
    ORPHEUS_TRY(config.rope_base, file.f32("llama.rope.freq_base"));
  }
  ORPHEUS_TRY(config.rms_epsilon, file.f32("llama.attention.layer_norm_rms_epsilon"));
  ORPHEUS_TRY(const auto tokens, file.strings("tokenizer.ggml.tokens"));
  config.vocabulary_size = static_cast<int>(tokens.size());

  if (value_dim != config.head_dim) {
    return fail({.kind = ErrorKind::kUnsupported,
                 .what = file.name() + ": keys and values have different lengths",
                 .expected = std::to_string(config.head_dim),
                 .found = std::to_string(value_dim)});
  }
  // Llama-3's scaling is the tensor rope_freqs.weight. Another kind is refused, because ignoring it
  // would give wrong speech.
  if (file.has("llama.rope.scaling.type")) {
    ORPHEUS_TRY(const std::string_view scaling, file.string("llama.rope.scaling.type"));
    if (scaling != "none") {
      return fail({.kind = ErrorKind::kUnsupported,
                   .what = file.name() + ": this kind of rope scaling is not supported",
                   .expected = "no scaling, or the tensor rope_freqs.weight",
                   .found = std::string(scaling)});
    }
  }
  ORPHEUS_CHECK(check_shape(file, config));
  return config;
}

Result<prompt::TokenLayout> read_token_layout(const GgufFile& file, int vocabulary_size) {
  prompt::TokenLayout layout;
  if (file.has("orpheus.audio_token_base")) {
    const std::array<std::pair<const char*, int32_t*>, 9> keys = {{
        {"orpheus.audio_token_base", &layout.audio_token_base},
        {"orpheus.codebook_size", &layout.codebook_size},
        {"orpheus.token.start_of_human", &layout.start_of_human},
        {"orpheus.token.begin_of_text", &layout.begin_of_text},
        {"orpheus.token.end_of_text", &layout.end_of_text},
        {"orpheus.token.end_of_human", &layout.end_of_human},
        {"orpheus.token.start_of_ai", &layout.start_of_ai},
        {"orpheus.token.start_of_speech", &layout.start_of_speech},
        {"orpheus.token.end_of_speech", &layout.end_of_speech},
    }};
    for (const auto& [key, target] : keys) {
      ORPHEUS_TRY(const uint32_t value, file.u32(key));
      *target = static_cast<int32_t>(std::min<uint32_t>(value, INT32_MAX));
    }
  }
  const auto inside = [&](prompt::Token token) { return token >= 0 && token < vocabulary_size; };
  const bool specials_inside = inside(layout.begin_of_text) && inside(layout.end_of_text) &&
                               inside(layout.start_of_speech) && inside(layout.end_of_speech) &&
                               inside(layout.start_of_human) && inside(layout.end_of_human) &&
                               inside(layout.start_of_ai);
  const int64_t audio_end = int64_t{layout.audio_token_base} +
                            int64_t{prompt::kSlotsPerFrame} * int64_t{layout.codebook_size};
  if (layout.codebook_size < 1 || !specials_inside || audio_end > vocabulary_size) {
    return fail(
        {.kind = ErrorKind::kBadFile,
         .what = file.name() + ": the vocabulary is too small for Orpheus' audio tokens",
         .expected = std::to_string(audio_end) + " tokens or more",
         .found = std::to_string(vocabulary_size),
         .remedy =
             "This is a Llama model, but not an Orpheus voice. Set --model to an Orpheus voice."});
  }
  return layout;
}

Result<prompt::Vocabulary> read_vocabulary(const GgufFile& file) {
  ORPHEUS_TRY(const std::string_view kind, file.string("tokenizer.ggml.model"));
  if (kind != "gpt2") {
    return fail({.kind = ErrorKind::kUnsupported,
                 .what = file.name() + ": the tokenizer's type is not supported",
                 .expected = "gpt2 (byte-level BPE)",
                 .found = std::string(kind)});
  }
  prompt::Vocabulary vocabulary;
  ORPHEUS_TRY(const auto tokens, file.strings("tokenizer.ggml.tokens"));
  vocabulary.tokens.assign(tokens.begin(), tokens.end());
  if (file.has("tokenizer.ggml.merges")) {
    ORPHEUS_TRY(const auto merges, file.strings("tokenizer.ggml.merges"));
    vocabulary.merges.assign(merges.begin(), merges.end());
  }
  if (file.has("tokenizer.ggml.token_type")) {
    ORPHEUS_TRY(const auto kinds, file.i32s("tokenizer.ggml.token_type"));
    for (const int32_t token_kind : kinds) {
      vocabulary.kinds.push_back(static_cast<prompt::Vocabulary::Kind>(token_kind));
    }
  }
  return vocabulary;
}

Result<std::vector<std::string>> read_voice_names(const GgufFile& file) {
  std::vector<std::string> names;
  if (!file.has("orpheus.voices")) return names;
  ORPHEUS_TRY(const auto listed, file.strings("orpheus.voices"));
  for (const std::string_view name : listed) {
    if (name.empty() || printable(name) != name) {
      return fail({.kind = ErrorKind::kBadFile,
                   .what = file.name() + ": orpheus.voices contains an empty or invalid name"});
    }
    names.emplace_back(name);
  }
  return names;
}

Result<std::string> read_language(const GgufFile& file) {
  constexpr const char* kKey = "general.languages";
  if (!file.has(kKey)) return std::string();
  ORPHEUS_TRY(const auto languages, file.strings(kKey));
  const auto is_code = [](std::string_view text) {
    return text.size() == 2 && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz") == text.npos;
  };
  if (languages.size() != 1 || !is_code(languages.front())) return std::string();
  return std::string(languages.front());
}

Result<std::string> read_model_name(const GgufFile& file) {
  if (!file.has("general.name"))
    return printable(std::filesystem::path(file.name()).stem().string());
  ORPHEUS_TRY(const std::string_view name, file.string("general.name"));
  return printable(name);
}

Result<bool> read_is_synthetic(const GgufFile& file) {
  if (!file.has("orpheus.synthetic")) return false;
  return file.boolean("orpheus.synthetic");
}

Result<lm::SamplingOptions> read_sampling(const GgufFile& file) {
  struct Key {
    std::string name;
    std::optional<float>* target;
    float low;
    float high;
  };
  lm::SamplingOptions said;
  for (const Key& key :
       {Key{"orpheus.temperature", &said.temperature, 0, 10},
        Key{"orpheus.top_p", &said.top_p, 0, 1}, Key{"orpheus.min_p", &said.min_p, 0, 1},
        Key{"orpheus.repetition_penalty", &said.repetition_penalty, 0.1F, 10}}) {
    if (!file.has(key.name)) continue;
    ORPHEUS_TRY(const float value, file.f32(key.name));
    if (!(value >= key.low && value <= key.high)) {  // also catches NaN
      return fail(
          {.kind = ErrorKind::kBadFile,
           .what = file.name() + ": the metadata key '" + key.name + "' has an invalid value",
           .expected = fmt::format("{} to {}", key.low, key.high),
           .found = fmt::format("{}", value)});
    }
    *key.target = value;
  }
  const std::string top_k = "orpheus.top_k";
  if (!file.has(top_k)) return said;
  ORPHEUS_TRY(const uint32_t count, file.u32(top_k));
  if (std::cmp_greater(count, std::numeric_limits<int>::max())) {
    return fail({.kind = ErrorKind::kBadFile,
                 .what = file.name() + ": the metadata key '" + top_k + "' has an invalid value",
                 .expected = fmt::format("0 to {}", std::numeric_limits<int>::max()),
                 .found = std::to_string(count)});
  }
  said.top_k = static_cast<int>(count);
  return said;
}

Result<bool> read_speaks_tags(const GgufFile& file) {
  constexpr const char* kKey = "orpheus.speaks_tags";
  if (!file.has(kKey)) return true;
  return file.boolean(kKey);
}

Result<int> read_max_words(const GgufFile& file) {
  constexpr const char* kKey = "orpheus.max_words";
  if (!file.has(kKey)) return 0;
  return dimension(file, kKey);
}

namespace {

// A voice of tools/voice from before files had the key orpheus.characters. It was trained with
// single sentences of letters and plain English signs.
Result<bool> is_early_small_voice(const GgufFile& file) {
  ORPHEUS_TRY(const int max_words, read_max_words(file));
  ORPHEUS_TRY(const bool speaks_tags, read_speaks_tags(file));
  return max_words > 0 && !speaks_tags;
}

}  // namespace

Result<double> read_characters_per_second(const GgufFile& file) {
  constexpr const char* kKey = "orpheus.characters_per_second";
  constexpr float kLeast = 1;
  constexpr float kMost = 100;
  if (!file.has(kKey)) {
    ORPHEUS_TRY(const bool is_early, is_early_small_voice(file));
    return is_early ? 15.0 : 0.0;
  }
  ORPHEUS_TRY(const float value, file.f32(kKey));
  if (value >= kLeast && value <= kMost) return value;  // not a number is nowhere
  return fail({.kind = ErrorKind::kBadFile,
               .what = file.name() + ": the metadata key '" + kKey + "' has an invalid value",
               .expected = fmt::format("{} to {}", kLeast, kMost),
               .found = fmt::format("{}", value)});
}

Result<int> read_max_sentences(const GgufFile& file) {
  constexpr const char* kKey = "orpheus.max_sentences";
  if (file.has(kKey)) return dimension(file, kKey);
  ORPHEUS_TRY(const bool is_early, is_early_small_voice(file));
  return is_early ? 1 : 0;
}

Result<std::string> read_characters(const GgufFile& file) {
  constexpr const char* kKey = "orpheus.characters";
  if (file.has(kKey)) {
    ORPHEUS_TRY(const std::string_view characters, file.string(kKey));
    if (!find_invalid_utf8(characters)) return std::string(characters);
    return fail({.kind = ErrorKind::kBadFile,
                 .what = file.name() + ": the metadata key '" + kKey + "' is not UTF-8"});
  }
  ORPHEUS_TRY(const bool is_early, is_early_small_voice(file));
  if (!is_early) return std::string();
  return std::string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz ,.!?'");
}

}  // namespace orpheus::llama
