#include "speech/pipeline.h"

#include <functional>
#include <utility>

#include <gtest/gtest.h>

#include "base/byte_alphabet.h"

namespace orpheus::speech {
namespace {

// Says "no" to everything that a test does not expect to reach it.
class NoLanguageModel : public lm::LanguageModel {
 public:
  Result<std::unique_ptr<lm::TokenStream>> generate(lm::GenerateRequest) override {
    return fail({.kind = ErrorKind::kUnavailable, .what = "no language model"});
  }
};

prompt::Tokenizer byte_tokenizer() {
  const std::vector<std::string> letters = byte_spellings();
  prompt::Vocabulary vocabulary;
  vocabulary.tokens.assign(letters.begin(), letters.end());
  auto tokenizer = prompt::Tokenizer::create(vocabulary);
  EXPECT_TRUE(tokenizer.has_value()) << tokenizer.error().message();
  return std::move(*tokenizer);
}

Pipeline pipeline(const Options& options = {}) {
  Parts parts{.language_model = std::make_unique<NoLanguageModel>(),
              .tokenizer = byte_tokenizer(),
              .layout = {},
              .voices = {prompt::published_voices().begin(), prompt::published_voices().end()},
              .model_name = "none",
              .ending = Ending::kByItself,
              .decoder = nullptr};
  return Pipeline(std::move(parts), options);
}

Error error_of(const Pipeline& speaker, const Request& request) {
  const auto checked = speaker.check(request);
  EXPECT_FALSE(checked.has_value());
  return checked ? Error{} : checked.error();
}

TEST(Pipeline, ChecksWhatItWouldRefuse) {
  const Pipeline speaker = pipeline({.max_text_code_points = 20});
  EXPECT_TRUE(speaker.check({.text = "Hello there."}).has_value());
  EXPECT_TRUE(speaker.check({.text = "Hello there.", .voice = "leo"}).has_value());
  EXPECT_EQ(error_of(speaker, {.text = ""}).kind, ErrorKind::kUsage);
  EXPECT_EQ(error_of(speaker, {.text = " \n\t "}).kind, ErrorKind::kUsage);
  EXPECT_EQ(error_of(speaker, {.text = "caf\xe9"}).kind, ErrorKind::kUsage);
  EXPECT_EQ(error_of(speaker, {.text = std::string(21, 'a')}).kind, ErrorKind::kLimit);
  const Error unknown = error_of(speaker, {.text = "Hello", .voice = "nobody"});
  EXPECT_EQ(unknown.kind, ErrorKind::kNotFound);
  EXPECT_NE(unknown.message().find("tara"), std::string::npos);
}

TEST(Pipeline, TheLanguageModelsErrorIsTheSpeechs) {
  Pipeline speaker = pipeline();
  const auto spoken = speaker.speak({.text = "Hello"}, [](std::span<const float>) { return true; });
  ASSERT_FALSE(spoken.has_value());
  EXPECT_EQ(spoken.error().what, "no language model");
}

}  // namespace
}  // namespace orpheus::speech
