#pragma once
// Draws one of many candidates in proportion to their likelihoods, without sorting them. Belongs to
// one thread; it reuses its memory.
//
// by_sorting defines the result: candidates ordered by likelihood, then id; sums of doubles in that
// order. by_bins finds the same candidate faster. It adds up likelihoods by intervals of their
// logarithm ("bins"), finds the bin in which a sum is reached, and sorts only the candidates of
// that bin. The error of its sums has a known bound. If the error could change the candidate,
// by_bins gives no answer and by_sorting is used. So the width of the processor's vectors
// changes the time, but not the candidate.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "lm/llama/logits.h"

namespace orpheus::engine {

// The candidates that may be drawn: from the top_k likeliest (0: from all), the likeliest ones that
// together reach top_p of their sum; from these, the ones with a relative logit of at least
// `least`. The likeliest candidate is always included.
struct Limits {
  size_t top_k = 0;
  double top_p = 1;
  float least = -std::numeric_limits<float>::infinity();
};

class WeightedDraw {
 public:
  // relative.values: (logit − highest logit) / temperature, so 0 … −∞, one of them 0. random: in
  // [0, 1).
  prompt::Token draw(const llama::Logits& relative, const Limits& limits, double random);

  // The parts of draw(), for tests.
  std::optional<prompt::Token> by_bins(const llama::Logits& relative, const Limits& limits,
                                       double random);
  prompt::Token by_sorting(const llama::Logits& relative, const Limits& limits, double random);

 private:
  // A candidate, ordered ascending by key.
  struct Item {
    uint64_t key;  // the bits of −relative, then the id
    double weight;
  };
  static bool likelier(const Item& left, const Item& right) { return left.key < right.key; }
  struct Found {
    prompt::Token id;
    float relative;
    double before;   // the sum of all likelier ones
    double through;  // the same, with this one
  };
  double sum_of_bins() const;
  double sum_of_likeliest(const llama::Logits& relative, size_t count);
  double sum_down_to(const llama::Logits& relative, float least) const;
  std::optional<Found> find(const llama::Logits& relative, double target, double doubt);
  Found find_in_bin(const llama::Logits& relative, size_t bin, double before, double target);
  void gather(const llama::Logits& relative, size_t bin);
  void spread(std::span<const float> relative);

  std::vector<double> sums_;    // the sum of each bin
  std::vector<int32_t> first_;  // head of each bin's list of rows; −1: empty
  std::vector<int32_t> next_;   // for each row: the next row in its bin
  std::vector<Item> items_;
  float bins_per_unit_ = 1;
  float lowest_ = 0;
  size_t num_used_ = 0;  // bins
};

}  // namespace orpheus::engine
