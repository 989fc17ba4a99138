#pragma once
// Token ids, and the layout of a voice's special and audio ids. Stock Orpheus files have
// the ids below; a voice with another layout has the keys orpheus.* in its GGUF. Plain
// values.

#include <cstdint>

namespace orpheus::prompt {

using Token = int32_t;

// A speech is a sequence of frames of seven audio tokens. Its token i is at slot i mod 7.
inline constexpr int kSlotsPerFrame = 7;

struct TokenLayout {
  Token audio_token_base = 128266;
  int codebook_size = 4096;  // ids per slot, and the stride between slots
  Token begin_of_text = 128000;
  Token end_of_text = 128009;
  Token start_of_speech = 128257;
  Token end_of_speech = 128258;  // stops generation; allowed at slot 0 only
  Token start_of_human = 128259;
  Token end_of_human = 128260;
  Token start_of_ai = 128261;

  // Id of a code in 0 … codebook_size − 1 at a slot in 0 … 6.
  constexpr Token audio_token(int slot, int code) const {
    return audio_token_base + slot * codebook_size + code;
  }
  constexpr int num_audio_tokens() const { return kSlotsPerFrame * codebook_size; }
  constexpr bool is_audio(Token token) const {
    return token >= audio_token_base && token - audio_token_base < num_audio_tokens();
  }
  // Whether an audio token is allowed at this slot.
  constexpr bool fits_slot(Token token, int slot) const {
    return is_audio(token) && (token - audio_token_base) / codebook_size == slot;
  }
  bool operator==(const TokenLayout&) const = default;
};

}  // namespace orpheus::prompt
