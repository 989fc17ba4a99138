#pragma once
// Encodes text as tokens: byte-level BPE with a GGUF's own tokens and merges, over words as Llama-3
// splits them. Immutable after create: may be used from any thread.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "prompt/token.h"

namespace orpheus::prompt {

// The tables of a GGUF (tokenizer.ggml.*), as the file has them.
struct Vocabulary {
  enum class Kind : int32_t {
    kNormal = 1,
    kUnknown = 2,
    kControl = 3,
    kUserDefined = 4,
    kUnused = 5,
    kByte = 6
  };
  std::vector<std::string_view> tokens;  // byte-encoded (GPT-2's alphabet); the index is the id
  std::vector<Kind> kinds;               // one per token, or empty: all normal
  std::vector<std::string_view>
      merges;  // "left right" in rank order; may be empty: then text is bytes
};

// Whether text such as <custom_token_2> is the token of that name, or ordinary text.
enum class SpecialTokens { kAsText, kParse };

class Tokenizer {
 public:
  // The vocabulary's strings are needed only during the call. Errors: kBadFile
  // (kinds of another length, a byte without a token, a merge without its two
  // parts).
  static Result<Tokenizer> create(const Vocabulary& vocabulary);

  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  // Encodes text, without a begin-of-text token. Errors: kUsage (text is not UTF-8).
  Result<std::vector<Token>> encode(std::string_view text,
                                    SpecialTokens special = SpecialTokens::kAsText) const;

  // A token's text as raw bytes, perhaps a part of a UTF-8 character. Empty for an unknown id.
  std::string text_of(Token token) const;

 private:
  struct Tables;
  explicit Tokenizer(std::unique_ptr<const Tables> tables);
  std::unique_ptr<const Tables> tables_;
};

}  // namespace orpheus::prompt
