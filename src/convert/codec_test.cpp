#include "convert/codec.h"

#include <cmath>
#include <fstream>
#include <iterator>
#include <random>

#include <ggml.h>
#include <gtest/gtest.h>

#include "base/testing/test_folder.h"
#include "convert/checkpoint.h"
#include "convert/codec_layout.h"
#include "convert/testing/checkpoint_builder.h"
#include "tensor/gguf_file.h"

namespace orpheus::convert {
namespace {

namespace fs = std::filesystem;
using tensor::GgufFile;
using tensor::Shape;

const fs::path kGoldenFolder = fs::path(ORPHEUS_TEST_DATA) / "snac-tiny";

std::vector<float> floats(const GgufFile& file, const std::string& name) {
  const tensor::GgufTensor* found = file.find_tensor(name);
  if (found == nullptr || found->type != GGML_TYPE_F32) return {};
  std::vector<float> values(found->data.size() / sizeof(float));
  std::memcpy(values.data(), found->data.data(), found->data.size());
  return values;
}

class CodecTest : public testing::Test {
 protected:
  // A codec of the smallest kind: one block each way, one codebook.
  static constexpr std::string_view kSmallest =
      R"({"sampling_rate":24000,"encoder_dim":2,"encoder_rates":[2],"decoder_dim":4,)"
      R"("decoder_rates":[3],"attn_window_size":null,"codebook_size":5,"codebook_dim":3,)"
      R"("vq_strides":[1],"noise":true,"depthwise":true})";

  Result<void> convert(const std::string& config, const std::string& checkpoint) {
    std::ofstream(folder_ / "config.json", std::ios::binary) << config;
    std::ofstream(folder_ / "pytorch_model.bin", std::ios::binary) << checkpoint;
    return convert_codec(folder_, folder_ / "codec.gguf");
  }

  // Only what went in is there: nothing half written.
  bool nothing_written() const {
    return std::distance(fs::directory_iterator(folder_), fs::directory_iterator()) == 2;
  }

  const TestFolder own_;
  const fs::path folder_ = own_.path();
};

// Items of a state dict for a config: value i of each tensor is 1 + i / 8, of a norm 2.
enum class NormStyle { kParametrised, kLegacy, kFolded };
std::vector<std::pair<std::string, std::string>> items_for(std::string_view config,
                                                           NormStyle style) {
  std::vector<std::pair<std::string, std::string>> items;
  const auto add = [&](const std::string& name, const std::vector<uint64_t>& shape) {
    BuiltTensor built{.num_elements = 4096};
    int64_t stride = 1;
    for (size_t i = shape.size(); i-- > 0; stride *= built.shape.front()) {
      built.shape.insert(built.shape.begin(), static_cast<int64_t>(shape[i]));
      built.strides.insert(built.strides.begin(), stride);
    }
    items.emplace_back(name, tensor(built));
  };
  for (const CodecTensor& wanted : codec_tensors(*parse_codec_config(config, "config.json"))) {
    if (!is_convolution(wanted.role) || style == NormStyle::kFolded) {
      add(wanted.name, wanted.shape);
      continue;
    }
    const std::string module = wanted.name.substr(0, wanted.name.size() - 7);
    const bool legacy = style == NormStyle::kLegacy;
    add(module + (legacy ? ".weight_g" : ".parametrizations.weight.original0"),
        {wanted.shape[0], 1, 1});
    add(module + (legacy ? ".weight_v" : ".parametrizations.weight.original1"), wanted.shape);
  }
  return items;
}

std::string ramp() {
  std::vector<float> values(4096);
  for (size_t i = 0; i < values.size(); ++i) values[i] = 1 + static_cast<float>(i) / 8;
  return raw(values);
}

TEST_F(CodecTest, ConvertsTheReferenceCheckpoint) {
  const fs::path output = folder_ / "codec.gguf";
  const auto converted = convert_codec(kGoldenFolder, output);
  ASSERT_TRUE(converted.has_value()) << converted.error().message();
  const auto file = GgufFile::open(output);
  ASSERT_TRUE(file.has_value()) << file.error().message();

  EXPECT_EQ(file->string("general.architecture"), "snac");
  EXPECT_EQ(file->u32("snac.sampling_rate"), 24000U);
  EXPECT_EQ(file->u32("snac.encoder_dim"), 4U);
  EXPECT_EQ(file->i32s("snac.encoder_rates"), (std::vector<int32_t>{2, 4, 8, 8}));
  EXPECT_EQ(file->u32("snac.decoder_dim"), 64U);
  EXPECT_EQ(file->i32s("snac.decoder_rates"), (std::vector<int32_t>{8, 8, 4, 2}));
  EXPECT_EQ(file->u32("snac.codebook_size"), 4096U);
  EXPECT_EQ(file->u32("snac.codebook_dim"), 8U);
  EXPECT_EQ(file->i32s("snac.vq_strides"), (std::vector<int32_t>{4, 2, 1}));
  EXPECT_EQ(file->boolean("snac.noise"), true);
  EXPECT_EQ(file->boolean("snac.depthwise"), true);

  // The checkpoint's 269 tensors hold 71 weights as two each.
  EXPECT_EQ(file->tensors().size(), 269U - 71U);
  const std::vector<std::pair<std::string, Shape>> shapes = {
      {"quantizer.quantizers.0.codebook.weight", {8, 4096, 1, 1}},
      {"quantizer.quantizers.2.in_proj.weight", {1, 64, 8, 1}},
      {"quantizer.quantizers.1.out_proj.weight", {1, 8, 64, 1}},
      {"quantizer.quantizers.1.out_proj.bias", {64, 1, 1, 1}},
      {"decoder.model.0.weight", {7, 1, 64, 1}},
      {"decoder.model.1.weight", {1, 64, 64, 1}},
      {"decoder.model.2.block.0.alpha", {64, 1, 1, 1}},
      {"decoder.model.2.block.1.weight", {16, 32, 64, 1}},
      {"decoder.model.2.block.1.bias", {32, 1, 1, 1}},
      {"decoder.model.2.block.2.linear.weight", {1, 32, 32, 1}},
      {"decoder.model.5.block.5.block.1.weight", {7, 1, 4, 1}},
      {"decoder.model.5.block.5.block.3.weight", {1, 4, 4, 1}},
      {"decoder.model.6.alpha", {4, 1, 1, 1}},
      {"decoder.model.7.weight", {7, 4, 1, 1}},
      {"encoder.block.0.weight", {7, 1, 4, 1}},
      {"encoder.block.4.block.4.weight", {16, 32, 64, 1}},
      {"encoder.block.5.weight", {7, 1, 64, 1}},
  };
  for (const auto& [name, shape] : shapes) {
    const tensor::GgufTensor* found = file->find_tensor(name);
    ASSERT_NE(found, nullptr) << name;
    EXPECT_EQ(found->shape, shape) << name;
    EXPECT_EQ(found->type, GGML_TYPE_F32) << name;
  }
}

TEST_F(CodecTest, ADecoderAloneIsTheRestWithoutWhatEncodes) {
  ASSERT_TRUE(convert_codec(kGoldenFolder, folder_ / "whole.gguf").has_value());
  ASSERT_TRUE(
      convert_codec(kGoldenFolder, folder_ / "decoder.gguf", CodecParts::kDecoder).has_value());
  const auto whole = GgufFile::open(folder_ / "whole.gguf");
  const auto decoder = GgufFile::open(folder_ / "decoder.gguf");
  ASSERT_TRUE(whole && decoder);
  size_t num_shared = 0;
  for (const tensor::GgufTensor& tensor : whole->tensors()) {
    const bool encodes =
        tensor.name.starts_with("encoder.") || tensor.name.find("in_proj") != std::string::npos;
    const tensor::GgufTensor* found = decoder->find_tensor(tensor.name);
    ASSERT_EQ(found == nullptr, encodes) << tensor.name;
    if (found == nullptr) continue;
    ++num_shared;
    EXPECT_EQ(found->shape, tensor.shape) << tensor.name;
  }
  EXPECT_EQ(decoder->tensors().size(), num_shared);
}

TEST_F(CodecTest, ACheckpointWithoutAnEncoderIsADecoderAlone) {
  // No encoder and no projections: the codebooks' vectors are as wide as the latents.
  std::string config(kSmallest);
  config.replace(config.find("\"codebook_dim\":3"), 16, "\"codebook_dim\":32");
  auto items = items_for(config, NormStyle::kParametrised);
  std::erase_if(items, [](const auto& item) {
    return item.first.starts_with("encoder.") || item.first.find(".in_proj.") != std::string::npos;
  });
  const std::string decoder = checkpoint(state_dict(items), ramp());
  const auto refused = convert(config, decoder);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, ErrorKind::kBadFile);
  EXPECT_NE(refused.error().what.find("has no encoder"), std::string::npos);
  EXPECT_NE(refused.error().remedy.find("--decoder-only"), std::string::npos);
  EXPECT_TRUE(nothing_written());

  const auto converted = convert_codec(folder_, folder_ / "codec.gguf", CodecParts::kDecoder);
  ASSERT_TRUE(converted.has_value()) << converted.error().message();
  const auto file = GgufFile::open(folder_ / "codec.gguf");
  ASSERT_TRUE(file.has_value()) << file.error().message();
  EXPECT_EQ(file->u32("snac.codebook_dim"), 32U);
  EXPECT_EQ(file->find_tensor("quantizer.quantizers.0.codebook.weight")->shape,
            (Shape{32, 5, 1, 1}));
  EXPECT_EQ(file->find_tensor("quantizer.quantizers.0.out_proj.weight")->shape,
            (Shape{1, 32, 4, 1}));
  EXPECT_EQ(file->find_tensor("quantizer.quantizers.0.in_proj.weight"), nullptr);

  // Nothing at all is not a decoder: its first tensor is missed.
  const auto empty = convert(config, checkpoint(state_dict({}), ramp()));
  ASSERT_FALSE(empty.has_value());
  EXPECT_EQ(empty.error().remedy.find("--decoder-only"), std::string::npos);
}

// Every tensor of the golden checkpoint, folded here by the definition alone.
TEST_F(CodecTest, FoldsWeightNormOverAllButTheFirstDimension) {
  ASSERT_TRUE(convert_codec(kGoldenFolder, folder_ / "codec.gguf").has_value());
  const auto file = GgufFile::open(folder_ / "codec.gguf");
  const auto checkpoint = Checkpoint::open(kGoldenFolder / "pytorch_model.bin");
  ASSERT_TRUE(file && checkpoint);
  constexpr std::string_view kNorm = ".parametrizations.weight.original0";
  size_t num_folded = 0;
  for (const auto& [name, described] : checkpoint->tensors()) {
    if (name.find(".parametrizations.") == std::string_view::npos) {
      EXPECT_EQ(floats(*file, std::string(name)), *checkpoint->floats(name)) << name;
    }
    if (!name.ends_with(kNorm)) continue;
    const std::string module(name.substr(0, name.size() - kNorm.size()));
    const auto norms = *checkpoint->floats(name);
    const auto directions = *checkpoint->floats(module + ".parametrizations.weight.original1");
    const auto folded = floats(*file, module + ".weight");
    ASSERT_EQ(folded.size(), directions.size()) << module;
    const size_t row = directions.size() / norms.size();
    for (size_t i = 0; i < folded.size(); ++i) {
      double length = 0;
      for (size_t j = 0; j < row; ++j) length = std::hypot(length, directions[i / row * row + j]);
      ASSERT_NEAR(folded[i], norms[i / row] * double{directions[i]} / length, 1e-7) << module;
    }
    ++num_folded;
  }
  EXPECT_EQ(num_folded, 71U);

  // As NumPy folds them, from a reading of the file by Python's own zipfile and pickle.
  EXPECT_FLOAT_EQ(floats(*file, "decoder.model.0.weight")[0], -0.46247153456991086F);
  EXPECT_FLOAT_EQ(floats(*file, "decoder.model.0.weight")[447], 0.12024333460444878F);
  EXPECT_FLOAT_EQ(floats(*file, "decoder.model.2.block.1.weight")[8795], -0.035185488776909093F);
  EXPECT_FLOAT_EQ(floats(*file, "decoder.model.2.block.1.weight")[32767], 0.05517177568538253F);
  EXPECT_FLOAT_EQ(floats(*file, "decoder.model.7.weight")[27], 0.0019063926700107372F);
  EXPECT_FLOAT_EQ(floats(*file, "encoder.block.1.block.4.weight")[127], 0.3825760358118939F);
  EXPECT_FLOAT_EQ(floats(*file, "decoder.model.2.block.0.alpha")[63], 0.7136730551719666F);
  EXPECT_FLOAT_EQ(floats(*file, "quantizer.quantizers.0.codebook.weight")[32767],
                  0.9288371205329895F);
  EXPECT_FLOAT_EQ(floats(*file, "decoder.model.7.bias")[0], -0.051623426377773285F);
}

TEST_F(CodecTest, ReadsEveryStyleOfWeightNorm) {
  const std::string config(kSmallest);
  const auto weight = [&](NormStyle style) -> std::vector<float> {
    auto items = items_for(config, style);
    items.emplace_back("some.other.module", integer(3));
    items.emplace_back("not.needed", tensor({"LongStorage", "9", 1, 0, {1}, {1}}));
    const auto converted = convert(config, checkpoint(state_dict(items), ramp()));
    EXPECT_TRUE(converted.has_value()) << converted.error().message();
    const auto file = GgufFile::open(folder_ / "codec.gguf");
    return file ? floats(*file, "decoder.model.1.weight") : std::vector<float>{};
  };
  const auto parametrised = weight(NormStyle::kParametrised);
  ASSERT_EQ(parametrised.size(), 16U);
  EXPECT_EQ(weight(NormStyle::kLegacy), parametrised);
  EXPECT_EQ(weight(NormStyle::kFolded)[1], 1.125F);
  const double length = std::sqrt(1 + 1.125 * 1.125 + 1.25 * 1.25 + 1.375 * 1.375);
  EXPECT_FLOAT_EQ(parametrised[1], static_cast<float>(1.125 / length));  // its norm is 1
}

TEST_F(CodecTest, EveryTensorIsDemandedWithItsShape) {
  const std::string config(kSmallest);
  const auto items = items_for(config, NormStyle::kParametrised);
  ASSERT_TRUE(convert(config, checkpoint(state_dict(items), ramp())).has_value());
  fs::remove(folder_ / "codec.gguf");
  for (size_t i = 0; i < items.size(); ++i) {
    auto missing = items;
    missing.erase(missing.begin() + static_cast<std::ptrdiff_t>(i));
    const auto without = convert(config, checkpoint(state_dict(missing), ramp()));
    ASSERT_FALSE(without.has_value()) << items[i].first;
    EXPECT_EQ(without.error().kind, ErrorKind::kBadFile) << items[i].first;

    auto changed = items;
    changed[i].second = tensor({"FloatStorage", "0", 4096, 0, {2, 9}, {9, 1}});
    const auto wrong = convert(config, checkpoint(state_dict(changed), ramp()));
    ASSERT_FALSE(wrong.has_value()) << items[i].first;
    EXPECT_NE(wrong.error().what.find(items[i].first), std::string::npos) << wrong.error().what;
    EXPECT_EQ(wrong.error().found, "[2, 9]");
    EXPECT_FALSE(wrong.error().expected.empty());
    EXPECT_TRUE(nothing_written());
  }
}

TEST_F(CodecTest, SaysWhatIsWrongWithAConfig) {
  const std::string file =
      checkpoint(state_dict(items_for(kSmallest, NormStyle::kParametrised)), ramp());
  const auto error_with = [&](const std::string& from, const std::string& to) {
    std::string config(kSmallest);
    config.replace(config.find(from), from.size(), to);
    const auto converted = convert(config, file);
    EXPECT_FALSE(converted.has_value()) << to;
    EXPECT_TRUE(nothing_written());
    return converted.has_value() ? Error{} : converted.error();
  };
  EXPECT_EQ(error_with("\"attn_window_size\":null", "\"attn_window_size\":32").kind,
            ErrorKind::kUnsupported);
  const std::vector<std::pair<std::string, std::string>> changes = {
      {"\"encoder_dim\":2", "\"encoder_dim\":0"},
      {"\"encoder_dim\":2", "\"encoder_dim\":-2"},
      {"\"encoder_dim\":2", "\"encoder_dim\":2.5"},
      {"\"encoder_dim\":2", "\"encoder_dim\":99999999999999999999999"},
      {"\"encoder_dim\":2", "\"encoder_dim\":\"2\""},
      {"\"encoder_dim\":2,", ""},
      {"\"decoder_dim\":4", "\"decoder_dim\":5"},
      {"\"decoder_rates\":[3]", "\"decoder_rates\":[]"},
      {"\"decoder_rates\":[3]", "\"decoder_rates\":3"},
      {"\"decoder_rates\":[3]", "\"decoder_rates\":[3,\"x\"]"},
      {"\"decoder_rates\":[3]", "\"decoder_rates\":[1,1,1,1,1,1,1,1,1]"},
      {"\"noise\":true", "\"noise\":1"},
      {"\"noise\":true", "\"noise\":\"\xff\""},
      {"}", ""},
      {"{", "["},
  };
  for (const auto& [from, to] : changes)
    EXPECT_EQ(error_with(from, to).kind, ErrorKind::kBadFile) << to;
  // Sizes that this checkpoint does not have cost nothing but the comparison.
  EXPECT_EQ(error_with("\"codebook_size\":5", "\"codebook_size\":1000000").found, "[5, 3]");
  EXPECT_EQ(convert(std::string(100000, '['), file).error().kind, ErrorKind::kBadFile);
  // Half a million arrays within one another, as deep as the size of a config allows.
  const std::string deep = std::string(500000, '[') + std::string(500000, ']');
  EXPECT_EQ(error_with("\"encoder_dim\":2", "\"encoder_dim\":" + deep).found, "a nested array");
  EXPECT_EQ(error_with("\"attn_window_size\":null", "\"attn_window_size\":" + deep).kind,
            ErrorKind::kUnsupported);
  EXPECT_EQ(error_with("\"vq_strides\":[1]", "\"vq_strides\":[0,{}]").found, "a nested array");
}

TEST_F(CodecTest, WithoutDepthAndNoiseTheModulesMoveUp) {
  std::string config(kSmallest);
  config.replace(config.find("\"noise\":true,\"depthwise\":true"), 29,
                 "\"noise\":false,\"depthwise\":false");
  const auto items = items_for(config, NormStyle::kParametrised);
  ASSERT_TRUE(convert(config, checkpoint(state_dict(items), ramp())).has_value());
  const auto file = GgufFile::open(folder_ / "codec.gguf");
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(file->find_tensor("decoder.model.0.weight")->shape, (Shape{7, 4, 4, 1}));
  EXPECT_EQ(file->find_tensor("decoder.model.1.block.2.block.1.weight")->shape,
            (Shape{7, 2, 2, 1}));
  EXPECT_EQ(file->find_tensor("decoder.model.3.weight")->shape, (Shape{7, 2, 1, 1}));
}

TEST_F(CodecTest, NamesTheFileThatIsMissing) {
  const auto nothing = convert_codec(folder_ / "no", folder_ / "codec.gguf");
  EXPECT_EQ(nothing.error().kind, ErrorKind::kNotFound);
  fs::copy_file(kGoldenFolder / "config.json", folder_ / "config.json");
  const auto no_checkpoint = convert_codec(folder_, folder_ / "codec.gguf");
  EXPECT_EQ(no_checkpoint.error().kind, ErrorKind::kNotFound);
  EXPECT_NE(no_checkpoint.error().what.find("pytorch_model.bin"), std::string::npos);
  EXPECT_EQ(convert_codec(kGoldenFolder, folder_ / "no" / "codec.gguf").error().kind,
            ErrorKind::kNotFound);
}

// Damage of any kind gives an error or values, and reads nothing outside of the bytes given.
void read_all(std::span<const char> bytes) {
  const std::vector<char> exact(bytes.begin(), bytes.end());  // so a sanitizer sees its end
  const auto checkpoint = Checkpoint::parse(std::as_bytes(std::span(exact)), "a.bin");
  if (!checkpoint) {
    EXPECT_FALSE(checkpoint.error().what.empty());
    return;
  }
  for (const auto& [name, described] : checkpoint->tensors()) (void)checkpoint->floats(name);
}

TEST(DamagedCheckpoint, CutAnywhereIsAnError) {
  const std::string bytes = content_of(kGoldenFolder / "pytorch_model.bin");
  for (size_t size = 0; size < bytes.size(); size += 997) {
    const std::vector<char> exact(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(Checkpoint::parse(std::as_bytes(std::span(exact)), "a.bin").has_value()) << size;
  }
}

TEST(DamagedCheckpoint, ChangedBytesNeverCrash) {
  const std::string bytes = content_of(kGoldenFolder / "pytorch_model.bin");
  constexpr size_t kPickleBytes = 63100;
  constexpr size_t kDirectoryBytes = 17000;
  std::mt19937 random(5);
  const auto below = [&](size_t limit) { return random() % limit; };
  for (int round = 0; round < 1500; ++round) {
    std::string changed = bytes;
    for (size_t flips = 1 + below(4); flips-- > 0;) {
      // The pickle and the directory say where things lie: most of the damage goes there.
      const size_t position = round % 3 == 0   ? below(kPickleBytes)
                              : round % 3 == 1 ? bytes.size() - 1 - below(kDirectoryBytes)
                                               : below(bytes.size());
      changed[position] = static_cast<char>(random());
    }
    read_all(changed);
  }
}

}  // namespace
}  // namespace orpheus::convert
