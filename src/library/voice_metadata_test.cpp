#include "library/voice_metadata.h"

#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/byte_alphabet.h"
#include "tensor/gguf_writer.h"

namespace orpheus::library {
namespace {

using tensor::GgufFile;
using tensor::GgufWriter;

// Writes a file with what makes a voice, and no weights.
class VoiceMetadataTest : public ::testing::Test {
 protected:
  ~VoiceMetadataTest() override { std::filesystem::remove(path_); }

  static GgufWriter voice() {
    GgufWriter writer;
    std::vector<std::string> tokens = byte_spellings();
    writer.set_string("tokenizer.ggml.model", "gpt2");
    for (const char* name : {"start_of_human", "begin_of_text", "end_of_text", "end_of_human",
                             "start_of_ai", "start_of_speech", "end_of_speech"}) {
      writer.set_u32(std::string("orpheus.token.") + name, static_cast<uint32_t>(tokens.size()));
      tokens.push_back("<" + std::to_string(tokens.size()) + ">");
    }
    writer.set_u32("orpheus.audio_token_base", static_cast<uint32_t>(tokens.size()));
    writer.set_u32("orpheus.codebook_size", 4);
    for (int i = 0; i < 28; ++i) tokens.push_back("<a" + std::to_string(i) + ">");
    writer.set_strings("tokenizer.ggml.tokens", tokens);
    writer.set_strings("orpheus.voices", std::vector<std::string>{"ada", "bob"});
    return writer;
  }

  GgufFile written(GgufWriter writer) {
    EXPECT_TRUE(writer.begin(path_).has_value());
    EXPECT_TRUE(writer.commit().has_value());
    return std::move(GgufFile::open(path_).value());
  }

  const std::filesystem::path path_ = std::filesystem::path(::testing::TempDir()) /
                                      ("orpheus-metadata-" + std::to_string(::getpid()) + ".gguf");
};

// Guards against: the properties in the file of a remote model are lost: its longest piece in
// words, tags, language and sampling.
TEST_F(VoiceMetadataTest, EverythingThatAFileSaysOfItsVoiceIsRead) {
  GgufWriter writer = voice();
  writer.set_string("general.name", "ada and bob");
  writer.set_strings("general.languages", std::vector<std::string>{"de"});
  writer.set_u32("orpheus.max_words", 12);
  writer.set_bool("orpheus.speaks_tags", false);
  writer.set_f32("orpheus.temperature", 0.25F);
  writer.set_f32("orpheus.characters_per_second", 9);
  const auto metadata = read_voice_metadata(written(std::move(writer)), Company::kAlone);
  ASSERT_TRUE(metadata.has_value()) << metadata.error().message();
  EXPECT_EQ(metadata->model_name, "ada and bob");
  ASSERT_EQ(metadata->voices.size(), 2U);
  EXPECT_EQ(metadata->voices[0].name, "ada");
  EXPECT_EQ(metadata->voices[0].language, "de");
  EXPECT_EQ(metadata->habits.most_words, 12U);
  EXPECT_FALSE(metadata->habits.speaks_tags);
  EXPECT_EQ(metadata->sampling.temperature, 0.25F);
  EXPECT_EQ(metadata->characters_per_second, 9);
  EXPECT_FALSE(metadata->is_synthetic);
  EXPECT_TRUE(metadata->tokenizer.has_value());
}

// Guards against: a voice name from the settings replaces the default voice.
TEST_F(VoiceMetadataTest, AddedVoicesComeLastAndOnce) {
  std::vector<prompt::Voice> voices = published_voice_metadata().voices;
  const std::string first = voices.front().name;
  const size_t count = voices.size();
  add_voices({"zoe", "nadia"}, voices);
  EXPECT_EQ(voices.front().name, first);
  EXPECT_EQ(voices.size(), count + 1);
  EXPECT_EQ(voices.back().name, "nadia");
}

}  // namespace
}  // namespace orpheus::library
