#pragma once
// What the proof of pieces found. The counters are safe from every thread.

#include <string>

#include "align/verdict.h"
#include "base/metrics.h"

namespace orpheus::speech {

// Takes of a piece, with the first.
inline constexpr int kMostTakes = 3;

// What was proven, for operators.
class ProofCounts {
 public:
  ProofCounts();
  // A piece is complete. fault: of the take that was kept.
  void count_piece(align::Fault fault, bool is_sure);
  // A take failed and another follows.
  void count_remade(align::Fault fault);
  std::string text() const { return registry_.text(); }

 private:
  metrics::Registry registry_;
};

}  // namespace orpheus::speech
