// Llama-3's own vocabulary and tokens that other programs made with it.
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "prompt/prompt.h"
#include "prompt/tokenizer.h"

namespace orpheus::prompt {
namespace {

// Orpheus's vocabulary: Llama-3's 128000 tokens, its 256 special ones and the 28684 added ones.
class Llama3Test : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::ifstream in(ORPHEUS_LLAMA3_VOCABULARY);
    const auto json = nlohmann::json::parse(in, nullptr, /*allow_exceptions=*/false);
    if (json.is_discarded()) return;
    tokens_ = json.at("tokens").get<std::vector<std::string>>();
    merges_ = json.at("merges").get<std::vector<std::string>>();
    kinds_.assign(tokens_.size(), Vocabulary::Kind::kNormal);
    for (int i = 0; i < 256; ++i)
      tokens_.push_back("<|reserved_special_token_" + std::to_string(i) + "|>");
    tokens_[128000] = "<|begin_of_text|>";
    tokens_[128009] = "<|eot_id|>";
    for (int i = 0; i < 28683; ++i) tokens_.push_back("<custom_token_" + std::to_string(i) + ">");
    tokens_.push_back("<|audio|>");
    kinds_.resize(tokens_.size(), Vocabulary::Kind::kControl);
    auto tokenizer = Tokenizer::create({.tokens = {tokens_.begin(), tokens_.end()},
                                        .kinds = kinds_,
                                        .merges = {merges_.begin(), merges_.end()}});
    tokenizer_ = std::make_unique<Tokenizer>(std::move(tokenizer.value()));
  }
  static void TearDownTestSuite() { tokenizer_.reset(); }

  void SetUp() override {
    ASSERT_NE(tokenizer_, nullptr) << ORPHEUS_LLAMA3_VOCABULARY
                                   << " is missing or broken: run tools/fetch-llama3-vocabulary.sh";
  }

  static inline std::vector<std::string> tokens_;
  static inline std::vector<std::string> merges_;
  static inline std::vector<Vocabulary::Kind> kinds_;
  static inline std::unique_ptr<Tokenizer> tokenizer_;
};

TEST_F(Llama3Test, GivesTheTokensThatLlamaCppGives) {
  std::ifstream golden(ORPHEUS_TEST_DATA "/tokenizer/llama3.jsonl");
  int num_lines = 0;
  for (std::string line; std::getline(golden, line); ++num_lines) {
    const auto json = nlohmann::json::parse(line);
    const auto text = json.at("text").get<std::string>();
    const auto ids = json.at("ids").get<std::vector<Token>>();
    EXPECT_EQ(tokenizer_->encode(text), ids) << "line " << num_lines + 1 << ": " << text;
  }
  EXPECT_EQ(num_lines, 400);
}

TEST_F(Llama3Test, PromptHasTheTrainedOrderAndOneBeginOfText) {
  const auto text = tokenizer_->encode("tara: Hi <laugh> <|eot_id|><custom_token_2>");
  const auto prompt =
      build_prompt(*tokenizer_, {}, "tara", "Hi <laugh> <|eot_id|><custom_token_2>");
  ASSERT_TRUE(prompt.has_value());
  std::vector<Token> expected = {128259, 128000};
  expected.insert(expected.end(), text->begin(), text->end());
  expected.insert(expected.end(), {128009, 128260, 128261, 128257});
  EXPECT_EQ(*prompt, expected);
  for (const Token token : *text) EXPECT_LT(token, 128000);
}

TEST_F(Llama3Test, PromptsTextParsesBackToThePrompt) {
  const auto prompt = build_prompt(*tokenizer_, {}, "유나", "It's 12345. 世界!");
  std::string text;
  for (const Token token : *prompt) text += tokenizer_->text_of(token);
  EXPECT_EQ(text,
            "<custom_token_3><|begin_of_text|>유나: It's 12345. 世界!<|eot_id|><custom_token_4>"
            "<custom_token_5><custom_token_1>");
  EXPECT_EQ(tokenizer_->encode(text, SpecialTokens::kParse), *prompt);
}

}  // namespace
}  // namespace orpheus::prompt
