#include "convert/synthetic_voice.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>
#include <vector>

#include <ggml.h>
#include <gtest/gtest.h>

#include "base/testing/test_folder.h"
#include "tensor/gguf_file.h"

namespace orpheus::convert {
namespace {

namespace fs = std::filesystem;
using tensor::GgufFile;
using tensor::Shape;

class SyntheticVoiceTest : public testing::Test {
 protected:
  Result<GgufFile> write_and_open(const VoiceOptions& options) {
    ORPHEUS_CHECK(write_synthetic_voice(folder_, options));
    return GgufFile::open(folder_ / "lm.gguf");
  }

  const TestFolder own_;
  const fs::path folder_ = own_.path() / "voice";
};

// Row `row` of a float16 tensor.
std::vector<float> row_of(const GgufFile& file, const std::string& name, size_t row) {
  const tensor::GgufTensor* found = file.find_tensor(name);
  std::vector<float> values(static_cast<size_t>(found->shape[0]));
  std::vector<ggml_fp16_t> halves(values.size());
  std::memcpy(halves.data(), found->data.subspan(row * values.size() * 2).data(),
              values.size() * 2);
  ggml_fp16_to_fp32_row(halves.data(), values.data(), found->shape[0]);
  return values;
}

TEST_F(SyntheticVoiceTest, LooksLikeTheReleasedModel) {
  const auto file = write_and_open({});
  ASSERT_TRUE(file.has_value()) << file.error().message();
  EXPECT_EQ(file->string("general.architecture"), "llama");
  EXPECT_EQ(file->boolean("orpheus.synthetic"), true);
  const auto voices = file->strings("orpheus.voices");
  ASSERT_TRUE(voices.has_value());
  const std::vector<std::string_view> english = {"tara", "leah", "jess", "leo",
                                                 "dan",  "mia",  "zac",  "zoe"};
  EXPECT_EQ(std::vector(voices->begin(), voices->end()), english);
  EXPECT_EQ(file->u32("llama.block_count"), 2U);
  EXPECT_EQ(file->u32("llama.attention.head_count_kv"), 2U);
  EXPECT_EQ(file->u32("llama.rope.dimension_count"), 16U);
  EXPECT_EQ(file->f32("llama.rope.freq_base"), 500000.0F);
  EXPECT_EQ(file->find_tensor("output.weight"), nullptr);
  EXPECT_EQ(file->find_tensor("token_embd.weight")->shape, (Shape{64, 156940, 1, 1}));
  EXPECT_EQ(file->find_tensor("token_embd.weight")->type, GGML_TYPE_F16);
  EXPECT_EQ(file->find_tensor("output_norm.weight")->type, GGML_TYPE_F32);
  EXPECT_EQ(file->find_tensor("blk.1.attn_k.weight")->shape, (Shape{64, 32, 1, 1}));
  EXPECT_EQ(file->find_tensor("blk.1.ffn_down.weight")->shape, (Shape{128, 64, 1, 1}));
  EXPECT_EQ(file->tensors().size(), 3U + 2 * 9);
  // Llama-3's factors for heads of 16: the fast ones untouched, the slow ones divided by 32.
  const tensor::GgufTensor* rope = file->find_tensor("rope_freqs.weight");
  std::vector<float> factors(8);
  ASSERT_EQ(rope->data.size(), 32U);
  std::memcpy(factors.data(), rope->data.data(), 32);
  EXPECT_EQ(factors.front(), 1);
  EXPECT_EQ(factors.back(), 32);
  EXPECT_TRUE(std::is_sorted(factors.begin(), factors.end()));
}

TEST_F(SyntheticVoiceTest, HasTheReleasedVocabulary) {
  const auto file = write_and_open({});
  ASSERT_TRUE(file.has_value());
  const auto tokens = *file->strings("tokenizer.ggml.tokens");
  const auto types = *file->i32s("tokenizer.ggml.token_type");
  ASSERT_EQ(tokens.size(), 156940U);
  ASSERT_EQ(types.size(), tokens.size());
  EXPECT_EQ(std::set<std::string_view>(tokens.begin(), tokens.end()).size(), tokens.size());
  EXPECT_EQ(tokens['A'], "A");
  EXPECT_EQ(tokens[' '], "Ġ");
  EXPECT_EQ(tokens['\n'], "Ċ");
  EXPECT_EQ(tokens[0], "Ā");
  EXPECT_EQ(tokens[0x7F], "ġ");
  EXPECT_EQ(tokens[0xAD], "Ń");
  EXPECT_EQ(tokens[0xFF], "ÿ");
  EXPECT_EQ(tokens[128000], "<|begin_of_text|>");
  EXPECT_EQ(tokens[128009], "<|eot_id|>");
  EXPECT_EQ(tokens[128256], "<custom_token_0>");
  EXPECT_EQ(tokens[128266], "<custom_token_10>");
  EXPECT_EQ(tokens[156939], "<|audio|>");
  EXPECT_EQ(types[127999], 1);
  EXPECT_EQ(types[128000], 3);
}

TEST_F(SyntheticVoiceTest, SlotsMarkEachTokenAndItsFollowers) {
  const auto file = write_and_open({.head = VoiceHead::kSlots});
  ASSERT_TRUE(file.has_value());
  const std::vector<float> zeros(64);
  for (const size_t row : {0U, 127999U, 128257U, 128258U, 128265U, 156938U, 156939U})
    EXPECT_EQ(row_of(*file, "output.weight", row), zeros) << row;
  const auto marked_channel = [&](const std::string& name, size_t row) {
    const auto values = row_of(*file, name, row);
    size_t marked = 7;
    for (size_t channel = 0; channel < 7; ++channel) {
      if (values[channel] != 0) marked = marked == 7 ? channel : 8;
    }
    return marked;
  };
  EXPECT_EQ(marked_channel("token_embd.weight", 128257), 6U);
  for (size_t slot = 0; slot < 7; ++slot) {
    for (const size_t code : {0U, 4095U}) {
      const size_t row = 128266 + slot * 4096 + code;
      EXPECT_EQ(marked_channel("token_embd.weight", row), slot);
      EXPECT_EQ(marked_channel("output.weight", row), (slot + 6) % 7);
    }
  }
}

TEST_F(SyntheticVoiceTest, IsAPureFunctionOfItsSeed) {
  const VoiceOptions options{.mix = WeightMix::kQ4KM, .seed = 5};
  ASSERT_TRUE(write_synthetic_voice(folder_ / "a", options).has_value());
  ASSERT_TRUE(write_synthetic_voice(folder_ / "b", options).has_value());
  ASSERT_TRUE(
      write_synthetic_voice(folder_ / "c", {.mix = WeightMix::kQ4KM, .seed = 6}).has_value());
  for (const char* name : {"lm.gguf", "codec.gguf"}) {
    const std::string bytes = content_of(folder_ / "a" / name);
    EXPECT_EQ(bytes, content_of(folder_ / "b" / name));
    EXPECT_NE(bytes, content_of(folder_ / "c" / name));
  }
}

TEST_F(SyntheticVoiceTest, HasACodecOfTheReleasedKind) {
  ASSERT_TRUE(write_synthetic_voice(folder_, {}).has_value());
  const auto codec = GgufFile::open(folder_ / "codec.gguf");
  ASSERT_TRUE(codec.has_value()) << codec.error().message();
  EXPECT_EQ(codec->string("general.architecture"), "snac");
  EXPECT_EQ(codec->u32("snac.decoder_dim"), 64U);
  EXPECT_EQ(codec->tensors().size(), 198U);
  for (const tensor::GgufTensor& found : codec->tensors()) {
    for (size_t i = 0; i < found.data.size(); i += sizeof(float)) {
      float value = 0;
      std::memcpy(&value, found.data.data() + i, sizeof(value));
      ASSERT_LE(std::abs(value), 3.5F) << found.name;
      if (found.name.ends_with(".alpha")) {
        ASSERT_GE(value, 0.5F);
      }
    }
  }
}

TEST_F(SyntheticVoiceTest, StoresEachMix) {
  const std::vector<std::pair<WeightMix, int>> mixes = {{WeightMix::kQ8, GGML_TYPE_Q8_0},
                                                        {WeightMix::kQ4_0, GGML_TYPE_Q4_0},
                                                        {WeightMix::kQ4KM, GGML_TYPE_Q5_0}};
  for (const auto& [mix, type] : mixes) {
    const auto file = write_and_open({.mix = mix});
    ASSERT_TRUE(file.has_value()) << file.error().message();
    EXPECT_EQ(file->u32("general.file_type"), file_type(mix));
    EXPECT_EQ(file->find_tensor("blk.0.attn_q.weight")->type, type);
  }
}

TEST_F(SyntheticVoiceTest, TellsItsProgress) {
  uint64_t last = 0;
  uint64_t total = 0;
  const auto watch = [&](uint64_t done, uint64_t all) {
    EXPECT_GT(done, last);
    last = done;
    total = all;
  };
  ASSERT_TRUE(write_synthetic_voice(folder_, {}, watch).has_value());
  EXPECT_EQ(last, total);
  EXPECT_LE(total, fs::file_size(folder_ / "lm.gguf"));
}

TEST_F(SyntheticVoiceTest, LeavesNothingWhereItFails) {
  std::ofstream(folder_) << "a file";
  EXPECT_EQ(write_synthetic_voice(folder_, {}).error().kind, ErrorKind::kUsage);
  EXPECT_EQ(write_synthetic_voice(folder_ / "below", {}).error().kind, ErrorKind::kUsage);
  fs::remove(folder_);
  fs::create_directories(folder_ / "lm.gguf");
  EXPECT_FALSE(write_synthetic_voice(folder_, {}).has_value());
  EXPECT_FALSE(fs::exists(folder_ / "codec.gguf"));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

}  // namespace
}  // namespace orpheus::convert
