// Input: any bytes as a GGUF file. The result is an error, or a file whose tensors are all within
// the file and whose keys can all be read. Reading a language model, a codec or a tokenizer from it
// gives a value or an error.
#include <cstdint>
#include <string>
#include <string_view>

#include <sys/mman.h>
#include <unistd.h>

#include "lm/llama/config.h"
#include "prompt/tokenizer.h"
#include "require.h"
#include "snac/config.h"
#include "tensor/gguf_file.h"

namespace {

using orpheus::tensor::GgufFile;
using orpheus::tensor::GgufTensor;

// A file in memory that has a path.
class MemoryFile {
 public:
  MemoryFile(const uint8_t* data, size_t size) : descriptor_(::memfd_create("fuzz.gguf", 0)) {
    require(descriptor_ >= 0);
    require(::write(descriptor_, data, size) == static_cast<ssize_t>(size));
  }
  ~MemoryFile() { ::close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

void check_tensors(const GgufFile& file) {
  const auto bytes = file.bytes();
  for (const GgufTensor& tensor : file.tensors()) {
    require(file.find_tensor(tensor.name) == &tensor);
    require(tensor.data.data() >= bytes.data());
    require(tensor.data.data() + tensor.data.size() <= bytes.data() + bytes.size());
    require(!tensor.data.empty());
    for (const int64_t size : tensor.shape) require(size >= 1);
  }
}

void check_language_model(const GgufFile& file) {
  if (const auto config = orpheus::llama::read_config(file)) {
    require(config->kv_width() >= 1 && config->num_heads % config->num_kv_heads == 0);
    const int size = config->vocabulary_size;
    if (const auto layout = orpheus::llama::read_token_layout(file, size)) {
      for (const auto token : {layout->audio_token(0, 0), layout->end_of_speech,
                               layout->audio_token(6, layout->codebook_size - 1)})
        require(token >= 0 && token < size);
    }
  }
  if (const auto names = orpheus::llama::read_voice_names(file)) {
    for (const std::string& name : *names) require(!name.empty());
  }
  if (const auto sampling = orpheus::llama::read_sampling(file)) {
    const float penalty = sampling->repetition_penalty.value_or(1);
    require(sampling->temperature.value_or(0) >= 0 && penalty > 0 &&
            sampling->top_k.value_or(0) >= 0);
  }
}

void check_tokenizer(const GgufFile& file) {
  const auto vocabulary = orpheus::llama::read_vocabulary(file);
  if (!vocabulary) return;
  const auto tokenizer = orpheus::prompt::Tokenizer::create(*vocabulary);
  if (!tokenizer) return;
  constexpr std::string_view kText = "Hello there, 世界! It's 1234.";
  const auto tokens = tokenizer->encode(kText);
  require(tokens.has_value());
  std::string spelt;
  for (const auto token : *tokens) spelt += tokenizer->text_of(token);
  require(spelt == kText);
}

void check_codec(const GgufFile& file) {
  const auto config = orpheus::snac::read_config(file);
  if (!config) return;
  require(config->context_frames() >= 1);
  for (int block = 0; block < config->num_blocks(); ++block) {
    require(config->steps_per_frame(block) >= 1 && config->block_channels(block) >= 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const MemoryFile memory(data, size);
  const auto file = GgufFile::open(memory.path());
  if (!file) {
    require(!file.error().what.empty());
    return 0;
  }
  check_tensors(*file);
  check_language_model(*file);
  check_tokenizer(*file);
  check_codec(*file);
  return 0;
}
