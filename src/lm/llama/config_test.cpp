#include "lm/llama/config.h"

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tensor/gguf_writer.h"

namespace orpheus::llama {
namespace {

// A voice with a layout of its own: byte tokens, a codebook of 256, audio tokens from 288 on.
constexpr int kVocabularySize = 288 + 7 * 256;

tensor::GgufWriter own_layout() {
  tensor::GgufWriter writer;
  writer.set_string("general.architecture", "llama");
  writer.set_u32("orpheus.audio_token_base", 288);
  writer.set_u32("orpheus.codebook_size", 256);
  writer.set_u32("orpheus.token.begin_of_text", 256);
  writer.set_u32("orpheus.token.end_of_text", 257);
  writer.set_u32("orpheus.token.start_of_human", 258);
  writer.set_u32("orpheus.token.end_of_human", 259);
  writer.set_u32("orpheus.token.start_of_ai", 260);
  writer.set_u32("orpheus.token.start_of_speech", 262);
  writer.set_u32("orpheus.token.end_of_speech", 263);
  return writer;
}

class ConfigTest : public testing::Test {
 protected:
  tensor::GgufFile written(tensor::GgufWriter writer) const {
    const std::filesystem::path path =
        testing::TempDir() + testing::UnitTest::GetInstance()->current_test_info()->name() +
        ".gguf";
    EXPECT_TRUE(writer.begin(path).has_value());
    EXPECT_TRUE(writer.commit().has_value());
    auto file = tensor::GgufFile::open(path);
    EXPECT_TRUE(file.has_value()) << file.error().message();
    std::filesystem::remove(path);
    return std::move(*file);
  }
};

TEST_F(ConfigTest, AFileSaysItsOwnTokens) {
  const auto layout = read_token_layout(written(own_layout()), kVocabularySize);
  ASSERT_TRUE(layout.has_value()) << layout.error().message();
  EXPECT_EQ(*layout, (prompt::TokenLayout{.audio_token_base = 288,
                                          .codebook_size = 256,
                                          .begin_of_text = 256,
                                          .end_of_text = 257,
                                          .start_of_speech = 262,
                                          .end_of_speech = 263,
                                          .start_of_human = 258,
                                          .end_of_human = 259,
                                          .start_of_ai = 260}));
  EXPECT_EQ(layout->audio_token(6, 255), kVocabularySize - 1);
  EXPECT_FALSE(layout->is_audio(kVocabularySize));
}

TEST_F(ConfigTest, AFileThatSaysNothingHasTheReleasedTokens) {
  tensor::GgufWriter writer;
  writer.set_string("general.architecture", "llama");
  const tensor::GgufFile file = written(std::move(writer));
  EXPECT_EQ(read_token_layout(file, 156940), prompt::TokenLayout{});
  EXPECT_EQ(read_token_layout(file, 128256).error().kind, ErrorKind::kBadFile);
  EXPECT_EQ(read_max_words(file), 0);
  EXPECT_EQ(read_language(file), "");
  EXPECT_TRUE(read_voice_names(file)->empty());
}

TEST_F(ConfigTest, TokensOutsideOfTheVocabularyAreRefused) {
  EXPECT_EQ(read_token_layout(written(own_layout()), kVocabularySize - 1).error().kind,
            ErrorKind::kBadFile);
  tensor::GgufWriter writer = own_layout();
  writer.set_u32("orpheus.token.end_of_speech", 4000000000);
  EXPECT_EQ(read_token_layout(written(std::move(writer)), kVocabularySize).error().kind,
            ErrorKind::kBadFile);
}

TEST_F(ConfigTest, SaysHowManyWordsAndWhichLanguageAVoiceSpeaks) {
  const auto said = [&](uint32_t words, const std::vector<std::string>& languages) {
    tensor::GgufWriter writer = own_layout();
    writer.set_u32("orpheus.max_words", words);
    writer.set_strings("general.languages", languages);
    return written(std::move(writer));
  };
  EXPECT_EQ(read_max_words(said(25, {"en"})), 25);
  EXPECT_EQ(read_max_words(said(0, {"en"})).error().kind, ErrorKind::kBadFile);
  EXPECT_EQ(read_language(said(25, {"en"})), "en");
  EXPECT_EQ(read_language(said(25, {"en", "de"})), "");
  EXPECT_EQ(read_language(said(25, {"English"})), "");
}

TEST_F(ConfigTest, AVoiceSaysThatItKnowsNoTags) {
  tensor::GgufWriter writer = own_layout();
  writer.set_bool("orpheus.speaks_tags", false);
  EXPECT_EQ(read_speaks_tags(written(std::move(writer))), false);
  EXPECT_EQ(read_speaks_tags(written(own_layout())), true);
}

TEST_F(ConfigTest, AVoiceSaysItsCharactersAndSentences) {
  tensor::GgufWriter writer = own_layout();
  writer.set_string("orpheus.characters", "abc .");
  writer.set_u32("orpheus.max_sentences", 2);
  const auto said = written(std::move(writer));
  EXPECT_EQ(read_characters(said), "abc .");
  EXPECT_EQ(read_max_sentences(said), 2);
  EXPECT_EQ(read_characters(written(own_layout())), "");
  EXPECT_EQ(read_max_sentences(written(own_layout())), 0);
}

// The small voice's first released file has neither of these keys.
TEST_F(ConfigTest, AnEarlySmallVoiceSpeaksASentenceOfLettersAtOnce) {
  tensor::GgufWriter writer = own_layout();
  writer.set_bool("orpheus.speaks_tags", false);
  writer.set_u32("orpheus.max_words", 25);
  const auto said = written(std::move(writer));
  EXPECT_EQ(read_max_sentences(said), 1);
  EXPECT_NE(read_characters(said)->find("z ,.!?'"), std::string::npos);
  EXPECT_EQ(read_characters_per_second(said), 15.0);
}

// Guards against: the estimate of a text's duration uses the rate of another voice.
TEST_F(ConfigTest, AVoiceSaysHowFastItReads) {
  const auto said = [&](float rate) {
    tensor::GgufWriter writer = own_layout();
    writer.set_f32("orpheus.characters_per_second", rate);
    return written(std::move(writer));
  };
  EXPECT_EQ(read_characters_per_second(said(12.5F)), 12.5);
  EXPECT_EQ(read_characters_per_second(written(own_layout())), 0.0);
  for (const float wrong : {0.0F, -1.0F, 1000.0F, std::nanf("")})
    EXPECT_EQ(read_characters_per_second(said(wrong)).error().kind, ErrorKind::kBadFile) << wrong;
}

TEST_F(ConfigTest, AVoiceSaysHowItIsSampled) {
  tensor::GgufWriter writer = own_layout();
  writer.set_f32("orpheus.temperature", 0.3F);
  writer.set_f32("orpheus.repetition_penalty", 1);
  writer.set_u32("orpheus.top_k", 7);
  const auto said = read_sampling(written(std::move(writer)));
  ASSERT_TRUE(said.has_value()) << said.error().message();
  EXPECT_EQ(*said, (lm::SamplingOptions{.temperature = 0.3F, .top_k = 7, .repetition_penalty = 1}));
  EXPECT_EQ(read_sampling(written(own_layout())), lm::SamplingOptions{});
}

TEST_F(ConfigTest, ASamplingThatCannotBeIsRefusedByItsKey) {
  const auto refused = [&](const std::string& key, const auto& set) {
    tensor::GgufWriter writer = own_layout();
    set(writer);
    const auto said = read_sampling(written(std::move(writer)));
    ASSERT_FALSE(said.has_value()) << key;
    EXPECT_EQ(said.error().kind, ErrorKind::kBadFile);
    EXPECT_NE(said.error().message().find(key), std::string::npos) << said.error().message();
  };
  refused("orpheus.top_p", [](auto& writer) { writer.set_f32("orpheus.top_p", 1.5F); });
  refused("orpheus.min_p", [](auto& writer) { writer.set_f32("orpheus.min_p", NAN); });
  refused("orpheus.repetition_penalty",
          [](auto& writer) { writer.set_f32("orpheus.repetition_penalty", 0); });
  refused("orpheus.temperature", [](auto& writer) { writer.set_u32("orpheus.temperature", 1); });
  refused("orpheus.top_k", [](auto& writer) { writer.set_u32("orpheus.top_k", 3'000'000'000U); });
}

}  // namespace
}  // namespace orpheus::llama
