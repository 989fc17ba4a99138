#include "convert/synthetic_language_model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "base/byte_alphabet.h"
#include "convert/llama_metadata.h"
#include "convert/random_weights.h"
#include "convert/rope_factors.h"

// A Llama of the released model's kind: token_embd → layers of attention and feed-forward → output.
// Weights have deviation 1/√inputs. A layer's last matrices, which add to the residual stream, have
// 1/√(2·layers) of that, so the stream's deviation grows to about 1 at any depth.
//
// With VoiceHead::kSlots channels 0 to 6 of the stream tell which slot the last token had (start of
// speech counts as slot 6): the embedding of an audio token has kMark in its slot's channel, which
// stands well above all that the layers add, and its row of the head kMarkGain in the channel of
// the slot before. Rows of the head that are no audio tokens are zero.
namespace orpheus::convert {
namespace {

struct Dimensions {
  std::string_view name;
  uint32_t num_layers;
  uint32_t width;
  uint32_t num_heads;
  uint32_t num_kv_heads;
  uint32_t feed_forward;
  uint32_t context;

  uint32_t head_dim() const { return width / num_heads; }
};

const Dimensions& dimensions(VoiceSize size) {
  static constexpr std::array kDimensions = {Dimensions{"tiny", 2, 64, 4, 2, 128, 8192},
                                             Dimensions{"small", 4, 256, 8, 4, 768, 8192},
                                             Dimensions{"1b", 16, 2048, 32, 8, 8192, 131072},
                                             Dimensions{"3b", 28, 3072, 24, 8, 8192, 131072}};
  return kDimensions[static_cast<size_t>(size)];
}

// The released vocabulary (its ids are prompt/token.h's).
constexpr uint32_t kNumText = 128000;
constexpr uint32_t kNumSpecial = 256;
constexpr uint32_t kNumCustom = 28683;
constexpr uint32_t kNumTokens = kNumText + kNumSpecial + kNumCustom + 1;
constexpr uint32_t kBeginOfText = 128000;
constexpr uint32_t kEndOfText = 128009;
constexpr uint32_t kStartOfSpeech = 128257;
constexpr uint32_t kPadding = 128263;
constexpr uint32_t kFirstAudio = 128266;
constexpr uint32_t kCodebookSize = 4096;
constexpr uint32_t kNumSlots = 7;

// The names that the released English model was trained on.
const std::vector<std::string> kVoices = {"tara", "leah", "jess", "leo",
                                          "dan",  "mia",  "zac",  "zoe"};

constexpr float kMark = 8;
constexpr float kMarkGain = 3;
constexpr float kTiedEmbeddingDeviation = 0.05F;
constexpr float kNormDeviation = 0.1F;
constexpr float kRopeBase = 500000;

// One token for each byte, then fillers that no text contains, then the special tokens.
std::vector<std::string> token_texts() {
  std::vector<std::string> tokens = byte_spellings();
  tokens.reserve(kNumTokens);
  while (tokens.size() < kNumText)
    tokens.push_back("<filler_" + std::to_string(tokens.size()) + ">");
  for (uint32_t i = 0; i < kNumSpecial; ++i)
    tokens.push_back("<|reserved_special_token_" + std::to_string(i) + "|>");
  tokens[kBeginOfText] = "<|begin_of_text|>";
  tokens[kBeginOfText + 1] = "<|end_of_text|>";
  tokens[kEndOfText - 3] = "<|start_header_id|>";
  tokens[kEndOfText - 2] = "<|end_header_id|>";
  tokens[kEndOfText] = "<|eot_id|>";
  for (uint32_t i = 0; i < kNumCustom; ++i)
    tokens.push_back("<custom_token_" + std::to_string(i) + ">");
  tokens.push_back("<|audio|>");
  return tokens;
}

void set_metadata(tensor::GgufWriter& writer, const Dimensions& model, WeightMix mix) {
  set_llama_metadata(writer,
                     {.num_layers = model.num_layers,
                      .width = model.width,
                      .feed_forward = model.feed_forward,
                      .num_heads = model.num_heads,
                      .num_kv_heads = model.num_kv_heads,
                      .head_dim = model.head_dim(),
                      .context = model.context,
                      .vocabulary_size = kNumTokens,
                      .rms_epsilon = 1e-5,
                      .rope_base = kRopeBase},
                     "orpheus-synthetic-" + std::string(model.name), mix);
  writer.set_bool("orpheus.synthetic", true);
  writer.set_strings("orpheus.voices", kVoices);

  constexpr int32_t kNormal = 1;
  constexpr int32_t kControl = 3;
  std::vector<int32_t> types(kNumTokens, kControl);
  std::fill_n(types.begin(), kNumText, kNormal);
  writer.set_string("tokenizer.ggml.model", "gpt2");
  writer.set_string("tokenizer.ggml.pre", "llama-bpe");
  writer.set_strings("tokenizer.ggml.tokens", token_texts());
  writer.set_i32s("tokenizer.ggml.token_type", types);
  writer.set_strings("tokenizer.ggml.merges", {});
  writer.set_u32("tokenizer.ggml.bos_token_id", kBeginOfText);
  writer.set_u32("tokenizer.ggml.eos_token_id", kEndOfText);
  writer.set_u32("tokenizer.ggml.padding_token_id", kPadding);
  writer.set_bool("tokenizer.ggml.add_bos_token", true);
}

enum class Content { kRandom, kNorm, kRopeFactors, kMarkedEmbedding, kMarkedHead };

struct ModelTensor {
  std::string name;
  int64_t inputs;
  int64_t rows = 1;
  Content content = Content::kRandom;
  float deviation = 0;  // for kRandom and marked tensors

  tensor::Shape shape() const { return {inputs, rows, 1, 1}; }
};

std::vector<ModelTensor> model_tensors(const Dimensions& model, VoiceHead head) {
  const int64_t width = model.width;
  const int64_t kv_width = int64_t{model.head_dim()} * model.num_kv_heads;
  const int64_t feed_forward = model.feed_forward;
  const float plain = 1 / std::sqrt(static_cast<float>(width));
  const float residual = 1 / std::sqrt(2 * static_cast<float>(model.num_layers));

  std::vector<ModelTensor> tensors;
  const bool tied = head == VoiceHead::kTied;
  tensors.push_back({"token_embd.weight", width, kNumTokens,
                     tied ? Content::kRandom : Content::kMarkedEmbedding,
                     tied ? kTiedEmbeddingDeviation : 1});
  if (!tied) tensors.push_back({"output.weight", width, kNumTokens, Content::kMarkedHead, plain});
  tensors.push_back({"output_norm.weight", width, 1, Content::kNorm});
  tensors.push_back({"rope_freqs.weight", model.head_dim() / 2, 1, Content::kRopeFactors});
  const auto random = [&](const std::string& name, int64_t inputs, int64_t rows, float scale = 1) {
    const float deviation = scale / std::sqrt(static_cast<float>(inputs));
    tensors.push_back({name, inputs, rows, Content::kRandom, deviation});
  };
  for (uint32_t layer = 0; layer < model.num_layers; ++layer) {
    const std::string block = "blk." + std::to_string(layer) + ".";
    tensors.push_back({block + "attn_norm.weight", width, 1, Content::kNorm});
    random(block + "attn_q.weight", width, width);
    random(block + "attn_k.weight", width, kv_width);
    random(block + "attn_v.weight", width, kv_width);
    random(block + "attn_output.weight", width, width, residual);
    tensors.push_back({block + "ffn_norm.weight", width, 1, Content::kNorm});
    random(block + "ffn_gate.weight", width, feed_forward);
    random(block + "ffn_up.weight", width, feed_forward);
    random(block + "ffn_down.weight", feed_forward, width, residual);
  }
  return tensors;
}

std::optional<uint32_t> slot_of(uint32_t token) {
  if (token == kStartOfSpeech) return kNumSlots - 1;
  if (token < kFirstAudio || token >= kFirstAudio + kNumSlots * kCodebookSize) return std::nullopt;
  return (token - kFirstAudio) / kCodebookSize;
}

void mark_embedding(uint32_t token, std::span<float> row) {
  const auto slot = slot_of(token);
  if (!slot) return;
  std::ranges::fill(row.first(kNumSlots), 0.0F);
  row[*slot] = kMark;
}

void mark_head(uint32_t token, std::span<float> row) {
  const auto slot = slot_of(token);
  const bool speaks = slot && token != kStartOfSpeech;
  std::ranges::fill(speaks ? row.first(kNumSlots) : row, 0.0F);
  if (speaks) row[(*slot + kNumSlots - 1) % kNumSlots] = kMarkGain;
}

void fill_row(const ModelTensor& tensor, RandomStream random, int64_t row,
              std::span<float> values) {
  const auto first = static_cast<uint64_t>(row) * values.size();
  const auto token = static_cast<uint32_t>(row);
  switch (tensor.content) {
    case Content::kRandom: fill_normal(random, first, tensor.deviation, values); break;
    case Content::kNorm:
      fill_normal(random, first, kNormDeviation, values);
      for (float& value : values) value += 1;
      break;
    case Content::kRopeFactors: fill_rope_factors({}, kRopeBase, values); break;
    case Content::kMarkedEmbedding:
      fill_normal(random, first, tensor.deviation, values);
      mark_embedding(token, values);
      break;
    case Content::kMarkedHead:
      fill_normal(random, first, tensor.deviation, values);
      mark_head(token, values);
      break;
  }
}

// Rows first_row … of a tensor in the file's format, computed on every core of this
// process.
std::vector<std::byte> make_rows(const ModelTensor& tensor, int type, RandomStream random,
                                 int64_t first_row, int64_t num_rows) {
  const auto inputs = static_cast<size_t>(tensor.inputs);
  const size_t row_bytes = quantised_bytes(type, inputs);
  std::vector<std::byte> bytes(row_bytes * static_cast<size_t>(num_rows));
  in_parallel(num_rows, [&](int64_t begin, int64_t end) {
    std::vector<float> values(inputs);
    for (int64_t row = begin; row < end; ++row) {
      fill_row(tensor, random, first_row + row, values);
      quantise(type, values, tensor.inputs,
               std::span(bytes).subspan(static_cast<size_t>(row) * row_bytes, row_bytes));
    }
  });
  return bytes;
}

}  // namespace

Result<tensor::GgufWriter> write_synthetic_language_model(const std::filesystem::path& path,
                                                          const VoiceOptions& options,
                                                          const WriteProgress& progress) {
  constexpr int64_t kChunkValues = int64_t{1} << 22;
  const Dimensions& model = dimensions(options.size);
  const std::vector<ModelTensor> tensors = model_tensors(model, options.head);
  const ModelOutline outline{
      .num_layers = static_cast<int>(model.num_layers),
      .heads_per_kv_head = static_cast<int>(model.num_heads / model.num_kv_heads),
      .tied = options.head == VoiceHead::kTied};
  tensor::GgufWriter writer;
  set_metadata(writer, model, options.mix);
  std::vector<int> types;
  uint64_t total_bytes = 0;
  for (const ModelTensor& tensor : tensors) {
    types.push_back(weight_type(options.mix, tensor.name, tensor.shape(), outline));
    writer.declare_tensor(tensor.name, types.back(), tensor.shape());
    total_bytes += quantised_bytes(types.back(), static_cast<size_t>(tensor.inputs * tensor.rows));
  }

  ORPHEUS_CHECK(writer.begin(path));
  uint64_t done_bytes = 0;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const int64_t chunk_rows = std::max<int64_t>(1, kChunkValues / tensors[i].inputs);
    for (int64_t row = 0; row < tensors[i].rows; row += chunk_rows) {
      const std::vector<std::byte> bytes = make_rows(tensors[i], types[i], {options.seed, i}, row,
                                                     std::min(chunk_rows, tensors[i].rows - row));
      ORPHEUS_CHECK(writer.write(bytes));
      done_bytes += bytes.size();
      if (progress) progress(done_bytes, total_bytes);
    }
  }
  return writer;
}

}  // namespace orpheus::convert
