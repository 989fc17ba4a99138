#pragma once
// Finds <custom_token_N> in text that arrives in any portions. Belongs to one thread.

#include <cstddef>
#include <functional>
#include <string_view>

#include "prompt/token.h"

namespace orpheus::remote {

class TokenScanner {
 public:
  // N of a token, 0 … 9,999,999. False: no more is wanted.
  using Sink = std::function<bool(prompt::Token number)>;

  // False when the sink wanted no more; what stood behind is dropped.
  bool push(std::string_view text, const Sink& sink);

  // Characters that belonged to no such token, blanks not counted.
  size_t num_strays() const { return num_strays_; }

 private:
  void give_up(char next);

  size_t num_matched_ = 0;  // characters of "<custom_token_"
  int num_digits_ = 0;      // behind it
  prompt::Token number_ = 0;
  size_t num_strays_ = 0;
};

}  // namespace orpheus::remote
