#pragma once
// What the files beside a Hugging Face checkpoint of a Llama say: config.json, tokenizer.json and
// tokenizer_config.json. Pure functions; messages begin with the file's name.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "convert/rope_factors.h"

namespace orpheus::convert {

struct LlamaConfig {
  uint32_t num_layers = 0;
  uint32_t width = 0;
  uint32_t feed_forward = 0;
  uint32_t num_heads = 0;
  uint32_t num_kv_heads = 0;
  uint32_t head_dim = 0;
  uint32_t context = 0;
  uint32_t vocabulary_size = 0;
  double rms_epsilon = 0;
  double rope_base = 0;
  std::optional<RopeScaling> rope_scaling;
  bool tied = false;                      // the output matrix is the embedding
  std::optional<uint32_t> begin_of_text;  // token ids; the first of several
  std::optional<uint32_t> end_of_text;
};

// Errors: kBadFile (no JSON, a key that is missing or out of range), kUnsupported (another
// architecture, biases, another rope scaling).
Result<LlamaConfig> parse_llama_config(std::string_view json);

// A byte-level BPE as GGUF stores it: each token's text and kind (prompt::Vocabulary::Kind).
struct CheckpointTokenizer {
  std::vector<std::string> tokens;
  std::vector<int32_t> kinds;
  std::vector<std::string> merges;  // "left right"
};

// Ids below num_tokens that the file does not name become unused tokens. Errors: kBadFile (no JSON,
// ids twice or beyond num_tokens), kUnsupported (another kind of tokenizer).
Result<CheckpointTokenizer> parse_tokenizer(std::string_view json, uint32_t num_tokens);

struct SpecialTokens {
  std::optional<uint32_t> begin_of_text;
  std::optional<uint32_t> end_of_text;
  std::optional<uint32_t> padding;
  bool add_begin_of_text = true;
};

// From tokenizer_config.json: texts that are looked up among the tokens; unknown ones count as not
// set. Errors: kBadFile (no JSON).
Result<SpecialTokens> parse_special_tokens(std::string_view json,
                                           const CheckpointTokenizer& tokenizer);

}  // namespace orpheus::convert
