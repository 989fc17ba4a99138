// Input: any vocabulary and text. Gives an error, or tokens of the vocabulary that spell the text.
#include <cstdint>
#include <string>
#include <vector>

#include <fuzzer/FuzzedDataProvider.h>
#include <unicode/unistr.h>

#include "base/byte_alphabet.h"
#include "prompt/tokenizer.h"
#include "require.h"

namespace {

using orpheus::prompt::SpecialTokens;
using orpheus::prompt::Token;
using orpheus::prompt::Tokenizer;
using orpheus::prompt::Vocabulary;

// Whether the text can have tokens; it may not be UTF-8.
bool check_encoding(const Tokenizer& tokenizer, size_t num_tokens, const std::string& text,
                    SpecialTokens special) {
  const auto tokens = tokenizer.encode(text, special);
  if (!tokens) return false;
  std::string spelt;
  for (const Token token : *tokens) {
    require(token >= 0 && static_cast<size_t>(token) < num_tokens);
    spelt += tokenizer.text_of(token);
  }
  require(spelt == text);
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  FuzzedDataProvider bytes(data, size);
  static const std::vector<std::string> byte_level = orpheus::byte_spellings();
  std::vector<std::string> tokens;
  if (bytes.ConsumeIntegralInRange(0, 15) != 0) tokens = byte_level;
  for (int i = bytes.ConsumeIntegralInRange(0, 20); i > 0; --i)
    tokens.push_back(bytes.ConsumeRandomLengthString(16));

  std::vector<Vocabulary::Kind> kinds;
  if (bytes.ConsumeBool()) {
    kinds.resize(tokens.size(), Vocabulary::Kind::kNormal);
    for (size_t i = byte_level.size(); i < kinds.size(); ++i)
      kinds[i] = Vocabulary::Kind{bytes.ConsumeIntegralInRange(0, 7)};
    if (bytes.ConsumeIntegralInRange(0, 15) == 0) kinds.push_back(Vocabulary::Kind::kControl);
  }

  // Most merges combine existing tokens, and many results are parts of later merges.
  std::vector<std::string> merges;
  std::vector<std::string> parts = tokens;
  for (int i = bytes.ConsumeIntegralInRange(0, 30); i > 0; --i) {
    if (parts.empty() || bytes.ConsumeIntegralInRange(0, 31) == 0) {
      merges.push_back(bytes.ConsumeRandomLengthString(16));
      continue;
    }
    const auto pick = [&] {
      return parts[bytes.ConsumeIntegralInRange<size_t>(0, parts.size() - 1)];
    };
    const std::string left = pick();
    const std::string right = pick();
    merges.push_back(left + " " + right);
    parts.push_back(left + right);
  }

  const auto tokenizer = Tokenizer::create({.tokens = {tokens.begin(), tokens.end()},
                                            .kinds = kinds,
                                            .merges = {merges.begin(), merges.end()}});
  if (!tokenizer) return 0;
  for (const Token token : {Token{-1}, static_cast<Token>(tokens.size())})
    require(tokenizer->text_of(token).empty());
  const std::string text = bytes.ConsumeRemainingBytesAsString();
  std::string valid;
  icu::UnicodeString::fromUTF8(text).toUTF8String(valid);
  for (const SpecialTokens special : {SpecialTokens::kAsText, SpecialTokens::kParse}) {
    check_encoding(*tokenizer, tokens.size(), text, special);
    require(check_encoding(*tokenizer, tokens.size(), valid, special));
  }
  return 0;
}
