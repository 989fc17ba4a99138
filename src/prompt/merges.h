#pragma once
// The merge table of a byte-pair encoding, and the encoding. Immutable: may be used from any
// thread.

#include <cstdint>
#include <vector>

#include "prompt/token.h"

namespace orpheus::prompt {

struct Merge {
  Token left = 0;
  Token right = 0;
  Token result = 0;
};

class Merges {
 public:
  // Merges in rank order, the strongest first. If a pair has two merges, the first counts.
  explicit Merges(const std::vector<Merge>& by_rank);

  bool empty() const { return entries_.empty(); }

  // Merges neighbours until no pair of neighbours is in the table. The lowest rank goes first;
  // among equal ranks the leftmost. O(n log n) for n tokens.
  void apply(std::vector<Token>& tokens) const;

 private:
  struct Entry {
    Token right = 0;
    int32_t rank = 0;
    Token result = 0;
  };
  const Entry* find(Token left, Token right) const;

  std::vector<uint32_t> first_;  // index of each left token's first entry, and the end
  std::vector<Entry> entries_;   // by left token, then by right
};

}  // namespace orpheus::prompt
