// Input: a file of a Hugging Face checkpoint; the first byte selects which one. Never a crash.

#include <cstdint>
#include <string_view>

#include "convert/llama_checkpoint.h"
#include "convert/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace orpheus::convert;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  constexpr uint32_t kNumTokens = 40;
  switch (data[0] % 5) {
    case 0: {
      const auto tensors = parse_safetensors(std::as_bytes(std::span(text)), "m.safetensors");
      if (!tensors) return 0;
      for (const auto& [name, tensor] : *tensors) {
        const auto* const end = tensor.data.data() + tensor.data.size();
        if (reinterpret_cast<const char*>(end) > text.data() + text.size()) __builtin_trap();
      }
      return 0;
    }
    case 1: (void)parse_safetensors_index(text, "index.json"); return 0;
    case 2: (void)parse_llama_config(text); return 0;
    case 3: {
      const auto tokenizer = parse_tokenizer(text, kNumTokens);
      if (tokenizer && tokenizer->kinds.size() != kNumTokens) __builtin_trap();
      return 0;
    }
    default: (void)parse_special_tokens(text, {.tokens = {"<s>"}, .kinds = {3}, .merges = {}});
  }
  return 0;
}
