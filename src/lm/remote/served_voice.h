#pragma once
// Reads the description of its voice that an orpheus server puts into its list of models. With it a
// program that has only a codec can speak with the server's voice. A pure function.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "prompt/token.h"
#include "prompt/voices.h"

namespace orpheus::remote {

struct ServedVoice {
  prompt::TokenLayout layout;
  std::vector<prompt::Voice> voices;  // not empty
  int max_words = 0;                  // of a piece; 0: no limit
  int max_sentences = 0;
  std::string characters;  // of its training; empty: any
  bool speaks_tags = true;
  double characters_per_second = 0;  // 0: unknown
  bool is_synthetic = false;

  bool operator==(const ServedVoice&) const = default;
};

// json: the value of "orpheus" in an entry of the list. nullopt if it is not valid.
std::optional<ServedVoice> read_served_voice(std::string_view json);

}  // namespace orpheus::remote
