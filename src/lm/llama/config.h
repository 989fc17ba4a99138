#pragma once
// A Llama network's sizes, and an Orpheus voice's metadata, read from a GGUF.

#include <string>
#include <vector>

#include "base/result.h"
#include "lm/language_model.h"
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
  int context_length = 0;  // of the training
  int rope_dims = 0;       // leading channels of a head that are rotated
  float rope_base = 0;
  float rms_epsilon = 0;

  int kv_width() const { return head_dim * num_kv_heads; }
};

// Errors: kBadFile (a key is missing or out of range), kUnsupported (another architecture or rope
// scaling).
Result<Config> read_config(const tensor::GgufFile& file);

// The stock ids, or those of the GGUF's orpheus.* keys. A file must have all of these keys or none.
// Errors: kBadFile (keys missing, ids outside of the vocabulary).
Result<prompt::TokenLayout> read_token_layout(const tensor::GgufFile& file, int vocabulary_size);

// The tokenizer's tables, as views into the file. Errors: kBadFile, kUnsupported (not a byte-level
// BPE).
Result<prompt::Vocabulary> read_vocabulary(const tensor::GgufFile& file);

// The model's name: general.name, else the file's own without its ending. Printable: it goes into
// logs and headers. Errors: kBadFile.
Result<std::string> read_model_name(const tensor::GgufFile& file);

// Whether the weights are random (key orpheus.synthetic). Such a voice speaks
// nonsense up to max_tokens. Errors: kBadFile.
Result<bool> read_is_synthetic(const tensor::GgufFile& file);

// The voices' names if the file lists them; else empty.
Result<std::vector<std::string>> read_voice_names(const tensor::GgufFile& file);

// The language (ISO 639-1) in the file; empty if it has none or several.
Result<std::string> read_language(const tensor::GgufFile& file);

// The most words that the voice was trained to speak at once; 0: no limit in the file. Errors:
// kBadFile (no number of words, or 0 of them).
Result<int> read_max_words(const tensor::GgufFile& file);

// Whether the voice was trained with tags such as <laugh>; true if the file does not say. Errors:
// kBadFile.
Result<bool> read_speaks_tags(const tensor::GgufFile& file);

// The most sentences that the voice speaks at once; 0: no limit in the file. Errors:
// kBadFile.
Result<int> read_max_sentences(const tensor::GgufFile& file);

// The characters that the voice was trained with, as one text (orpheus.characters); empty if the
// file does not tell. Errors: kBadFile (not UTF-8).
Result<std::string> read_characters(const tensor::GgufFile& file);

// How fast the voice reads, in characters a second (orpheus.characters_per_second); 0 where the
// file does not say. Errors: kBadFile (another type, or not 1 … 100).
Result<double> read_characters_per_second(const tensor::GgufFile& file);

// The file's sampling (keys orpheus.temperature, orpheus.top_p, orpheus.top_k,
// orpheus.min_p, orpheus.repetition_penalty). A missing key leaves its option empty; the
// seed is 0. Errors: kBadFile (a key of another type, or a value outside the range of the
// setting of that name).
Result<lm::SamplingOptions> read_sampling(const tensor::GgufFile& file);

}  // namespace orpheus::llama
