#pragma once
// Finds <custom_token_N> in text that arrives in any portions. Belongs to one thread.

#include <cstddef>
#include <functional>
#include <string_view>

#include "prompt/token.h"

namespace orpheus::remote {

class TokenScanner {
 public:
  // Receives N of a token, 0 … 9,999,999. False ends the scan.
  using Sink = std::function<bool(prompt::Token number)>;

  // False if the sink ended the scan; the rest of the text is dropped.
  bool push(std::string_view text, const Sink& sink);

  // The number of characters outside of tokens, without blanks.
  size_t num_strays() const { return num_strays_; }

 private:
  void give_up(char next);

  size_t num_matched_ = 0;  // characters of "<custom_token_"
  int num_digits_ = 0;      // digits after it
  prompt::Token number_ = 0;
  size_t num_strays_ = 0;
};

}  // namespace orpheus::remote
