#pragma once
// The texts of all tokens in one block of memory, and an index from text to id. Immutable once
// built: may then be read from any thread.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "prompt/token.h"

namespace orpheus::prompt {

class TokenTexts {
 public:
  // Appends a text; its id is the number of texts before it.
  Token add(std::string_view text);
  // Makes find() return this id for its text. If several ids have one text, the last call wins.
  void make_findable(Token id);

  size_t size() const { return ends_.size(); }
  // id in 0 … size() − 1.
  std::string_view operator[](Token id) const;
  std::optional<Token> find(std::string_view text) const;

 private:
  size_t slot_of(std::string_view text) const;
  void grow();

  std::string bytes_;
  std::vector<size_t> ends_;  // where each text ends in bytes_
  // Open addressing, a power of two, at most half full; kFree or an id.
  std::vector<Token> slots_;
  size_t num_findable_ = 0;
};

}  // namespace orpheus::prompt
