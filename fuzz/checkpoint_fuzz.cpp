// Input: a checkpoint, its pickle, or its config, by the first bytes. Gives a value or an error.

#include <cstdint>
#include <string_view>

#include "convert/checkpoint.h"
#include "convert/codec_layout.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace orpheus::convert;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto bytes = std::as_bytes(std::span(text));
  if (text.starts_with("PK")) {
    if (const auto checkpoint = Checkpoint::parse(bytes, "a.bin")) {
      for (const auto& [name, described] : checkpoint->tensors()) (void)checkpoint->floats(name);
    }
  } else if (text.starts_with("{")) {
    if (const auto config = parse_codec_config(text, "config.json")) (void)codec_tensors(*config);
  } else {
    (void)read_state_dict(bytes, "a.bin");
  }
  return 0;
}
