#pragma once
// Draws one of many candidates in proportion to their likelihoods, without sorting them. Belongs to
// one thread; its memory is used again and again.
//
// What is drawn is by_sorting's: candidates in the order of likelihood, then of id; sums of doubles
// in that order. by_bins finds the same one faster. It adds up likelihoods by intervals of their
// logarithm ("bins"), finds the bin in which a sum is reached, and orders the candidates of that
// bin alone. Its sums have an error, whose bound is known. Where a sum comes so near to its target
// that the error could decide, by_bins gives no answer and by_sorting decides. So the processor's
// vectors change the time and never the candidate.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "lm/llama/logits.h"

namespace orpheus::engine {

// Which candidates may be drawn: of the top_k likeliest (0: of all) those that together reach top_p
// of their sum, and of these the ones with a relative logit of at least `least`. The likeliest
// always may.
struct Limits {
  size_t top_k = 0;
  double top_p = 1;
  float least = -std::numeric_limits<float>::infinity();
};

class WeightedDraw {
 public:
  // relative.values: logits less the highest one, over the temperature: 0 … −∞, one of them 0.
  // random: 0 … 1, without 1.
  prompt::Token draw(const llama::Logits& relative, const Limits& limits, double random);

  // The parts of draw(), for tests.
  std::optional<prompt::Token> by_bins(const llama::Logits& relative, const Limits& limits,
                                       double random);
  prompt::Token by_sorting(const llama::Logits& relative, const Limits& limits, double random);

 private:
  // A candidate, as it is ordered: ascending.
  struct Item {
    uint64_t key;  // the bits of −relative, then the id
    double weight;
  };
  static bool likelier(const Item& left, const Item& right) { return left.key < right.key; }
  struct Found {
    prompt::Token id;
    float relative;
    double before;   // the sum of all that are likelier
    double through;  // and of this one
  };
  double sum_of_bins() const;
  double sum_of_likeliest(const llama::Logits& relative, size_t count);
  double sum_down_to(const llama::Logits& relative, float least) const;
  std::optional<Found> find(const llama::Logits& relative, double target, double doubt);
  Found find_in_bin(const llama::Logits& relative, size_t bin, double before, double target);
  void gather(const llama::Logits& relative, size_t bin);
  void spread(std::span<const float> relative);

  std::vector<double> sums_;    // of each bin
  std::vector<int32_t> first_;  // row of each bin; −1: none
  std::vector<int32_t> next_;   // row of the same bin, for each row
  std::vector<Item> items_;
  float bins_per_unit_ = 1;
  float lowest_ = 0;
  size_t num_used_ = 0;  // bins
};

}  // namespace orpheus::engine
