#pragma once
// The numbers of a Llama network, and where an Orpheus voice keeps its tokens, as a GGUF says them.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "prompt/token.h"
#include "prompt/tokenizer.h"
#include "tensor/gguf_file.h"

namespace orpheus::llama {

struct Config {
  int num_layers = 0;
  int width = 0;  // of the residual stream
  int num_heads = 0;
  int num_kv_heads = 0;  // divides num_heads
  int head_dim = 0;
  int feed_forward = 0;
  int vocabulary_size = 0;
  int context_length = 0;  // trained
  int rope_dims = 0;       // leading channels of a head that are rotated
  float rope_base = 0;
  float rms_epsilon = 0;

  int kv_width() const { return head_dim * num_kv_heads; }
};

// Errors: kBadFile (a key is missing or makes no sense), kUnsupported (another architecture or rope
// scaling).
Result<Config> read_config(const tensor::GgufFile& file);

// Stock ids, or those of the GGUF's orpheus.* keys: a file that has one has them all.
// Errors: kBadFile (keys missing, ids outside of the vocabulary).
Result<prompt::TokenLayout> read_token_layout(const tensor::GgufFile& file, int vocabulary_size);

// The tokenizer's tables, as views into the file. Errors: kBadFile, kUnsupported (not a byte-level
// BPE).
Result<prompt::Vocabulary> read_vocabulary(const tensor::GgufFile& file);

// The voices' names where the file lists them; else empty.
Result<std::vector<std::string>> read_voice_names(const tensor::GgufFile& file);

// The language (ISO 639-1) that a file says it speaks; empty where it says none, or several.
Result<std::string> read_language(const tensor::GgufFile& file);

// The most words that the voice was trained to speak at once; 0 where the file sets no bound.
// Errors: kBadFile (no number of words, or 0 of them).
Result<int> read_max_words(const tensor::GgufFile& file);

// Whether the voice was taught tags such as <laugh>; true where the file does not say. Errors:
// kBadFile.
Result<bool> read_speaks_tags(const tensor::GgufFile& file);

// How a voice is to be sampled where nobody says otherwise (keys orpheus.temperature and so on);
// what its file leaves open is empty.
struct SamplingOfVoice {
  std::optional<float> temperature;
  std::optional<float> top_p;
  std::optional<int> top_k;
  std::optional<float> min_p;
  std::optional<float> repetition_penalty;

  friend bool operator==(const SamplingOfVoice&, const SamplingOfVoice&) = default;
};
// Errors: kBadFile (a key of another type, or out of the range of the setting of that name).
Result<SamplingOfVoice> read_sampling(const tensor::GgufFile& file);

}  // namespace orpheus::llama
