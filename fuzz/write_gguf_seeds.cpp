// Writes the seeds of fuzz_gguf into a folder: a language model with its own vocabulary, and a
// codec, both as small as possible.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "base/byte_alphabet.h"
#include "tensor/gguf_writer.h"

namespace {

using orpheus::Result;
using orpheus::tensor::GgufWriter;

constexpr int kFloat32 = 0;  // ggml's number of the type
constexpr int32_t kNormal = 1;
constexpr int32_t kControl = 3;

Result<void> finish(GgufWriter& writer, const std::filesystem::path& path) {
  writer.declare_tensor("some.weight", kFloat32, {2, 2, 1, 1});
  ORPHEUS_CHECK(writer.begin(path));
  const std::vector<float> weights(4);
  ORPHEUS_CHECK(writer.write(std::as_bytes(std::span(weights))));
  return writer.commit();
}

Result<void> write_language_model(const std::filesystem::path& path) {
  GgufWriter writer;
  writer.set_string("general.architecture", "llama");
  for (const char* key : {"block_count", "embedding_length", "feed_forward_length",
                          "context_length", "attention.head_count", "attention.head_count_kv"})
    writer.set_u32(std::string("llama.") + key, 2);
  writer.set_u32("llama.attention.key_length", 2);
  writer.set_f32("llama.attention.layer_norm_rms_epsilon", 1e-5F);
  writer.set_f32("llama.rope.freq_base", 10000.0F);
  std::vector<std::string> tokens = orpheus::byte_spellings();
  const auto first_special = static_cast<uint32_t>(tokens.size());
  uint32_t next = first_special;
  for (const char* name : {"start_of_human", "begin_of_text", "end_of_text", "end_of_human",
                           "start_of_ai", "start_of_speech", "end_of_speech"}) {
    writer.set_u32(std::string("orpheus.token.") + name, next++);
    tokens.push_back(std::string("<|") + name + "|>");
  }
  writer.set_u32("orpheus.audio_token_base", next);
  writer.set_u32("orpheus.codebook_size", 1);
  for (int slot = 0; slot < 7; ++slot) tokens.push_back("<" + std::to_string(slot) + ">");
  tokens.emplace_back("he");
  std::vector<int32_t> kinds(tokens.size(), kNormal);
  for (size_t i = first_special; i < next; ++i) kinds[i] = kControl;
  const std::vector<std::string> merges = {"h e", "l l", "ll o"};
  const std::vector<std::string> voices = {"tara", "leo"};
  writer.set_string("tokenizer.ggml.model", "gpt2");
  writer.set_strings("tokenizer.ggml.tokens", tokens);
  writer.set_i32s("tokenizer.ggml.token_type", kinds);
  writer.set_strings("tokenizer.ggml.merges", merges);
  writer.set_f32("orpheus.temperature", 0.3F);
  writer.set_f32("orpheus.repetition_penalty", 1);
  writer.set_strings("orpheus.voices", voices);
  return finish(writer, path);
}

Result<void> write_codec(const std::filesystem::path& path) {
  GgufWriter writer;
  const std::vector<int32_t> encoder_rates = {2, 4, 8, 8};
  const std::vector<int32_t> decoder_rates = {8, 8, 4, 2};
  const std::vector<int32_t> strides = {4, 2, 1};
  writer.set_string("general.architecture", "snac");
  writer.set_u32("snac.sampling_rate", 24000);
  writer.set_u32("snac.encoder_dim", 4);
  writer.set_i32s("snac.encoder_rates", encoder_rates);
  writer.set_u32("snac.decoder_dim", 64);
  writer.set_i32s("snac.decoder_rates", decoder_rates);
  writer.set_u32("snac.codebook_size", 4096);
  writer.set_u32("snac.codebook_dim", 8);
  writer.set_i32s("snac.vq_strides", strides);
  writer.set_bool("snac.noise", true);
  writer.set_bool("snac.depthwise", true);
  return finish(writer, path);
}

Result<void> write_all(const std::filesystem::path& folder) {
  ORPHEUS_CHECK(write_language_model(folder / "language-model"));
  return write_codec(folder / "codec");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: write_gguf_seeds FOLDER\n", stderr);
    return 2;
  }
  const auto written = write_all(argv[1]);
  if (!written) std::fprintf(stderr, "%s\n", written.error().message().c_str());
  return written ? 0 : 1;
}
