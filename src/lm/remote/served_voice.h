#pragma once
// What an orpheus server says of its voice in its list of models, so that a program that has only a
// codec speaks with it. A pure function.

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
  int max_words = 0;                  // at once; 0 sets no bound
  int max_sentences = 0;
  std::string characters;  // that it was taught; empty: any
  bool speaks_tags = true;
  double characters_per_second = 0;  // 0: not said
  bool is_synthetic = false;

  bool operator==(const ServedVoice&) const = default;
};

// json: the value of "orpheus" in an entry of the list. Nothing where it makes no sense.
std::optional<ServedVoice> read_served_voice(std::string_view json);

}  // namespace orpheus::remote
