#include "lm/engine/sampler.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/philox.h"
#include "lm/engine/likelihood.h"
#include "lm/engine/processor_kernels.h"

namespace orpheus::engine {
namespace {

bool more_likely(float left_logit, lm::Token left_id, float right_logit, lm::Token right_id) {
  return left_logit > right_logit || (left_logit == right_logit && left_id < right_id);
}

constexpr size_t kWordBits = 64;
constexpr float kLowest = std::numeric_limits<float>::lowest();

void make_finite(std::vector<float>& values) {
  // Comparisons with NaN are false.
  for (float& value : values) value = std::abs(value) <= -kLowest ? value : kLowest;
}

}  // namespace

Sampler::Sampler(const lm::Sampling& options, int vocabulary_size)
    : options_(options),
      limits_{.top_k = static_cast<size_t>(options.top_k),
              .top_p = options.top_p,
              .least = least_relative(options.min_p)},
      seen_((static_cast<size_t>(vocabulary_size) + kWordBits - 1) / kWordBits, 0) {}

void Sampler::see(std::span<const lm::Token> tokens) {
  for (const lm::Token token : tokens) {
    const auto id = static_cast<size_t>(token);
    seen_[id / kWordBits] |= uint64_t{1} << (id % kWordBits);
  }
}

lm::Token Sampler::choose(llama::Logits& logits, uint64_t step, WeightedDraw& draw) {
  make_finite(logits.values);
  penalise(logits);
  const float highest = processor_kernels().highest(logits.values);
  lm::Token token = 0;
  if (options_.temperature <= 0) {
    const auto first = std::find(logits.values.begin(), logits.values.end(), highest);
    token = logits.id_of(static_cast<size_t>(first - logits.values.begin()));
  } else {
    // Relative to the likeliest logit, so that even a very low temperature gives no infinity.
    processor_kernels().scale(logits.values, highest, options_.temperature);
    const auto words = philox(options_.seed, step, 0);
    token = draw.draw(logits, limits_, uniform_double(words[0], words[1]));
  }
  see({&token, 1});
  return token;
}

// Visits only seen ids: a sequence has seen few of all ids.
void Sampler::penalise(llama::Logits& logits) const {
  const float penalty = options_.repetition_penalty;
  if (penalty == 1.0F) return;
  const auto take_from = [&](float& value) {
    value = std::clamp(value > 0 ? value / penalty : value * penalty, kLowest, -kLowest);
  };
  const auto is_seen = [&](size_t id) {
    return ((seen_[id / kWordBits] >> (id % kWordBits)) & 1U) != 0;
  };
  const size_t size = logits.values.size();
  const size_t num_in_order = logits.last_id ? size - 1 : size;
  const auto first = static_cast<size_t>(logits.first_id);
  for (size_t word = first / kWordBits; word * kWordBits < first + num_in_order; ++word) {
    for (uint64_t bits = seen_[word]; bits != 0; bits &= bits - 1) {
      const size_t id = word * kWordBits + static_cast<size_t>(std::countr_zero(bits));
      if (id >= first && id - first < num_in_order) take_from(logits.values[id - first]);
    }
  }
  if (logits.last_id && is_seen(static_cast<size_t>(*logits.last_id)))
    take_from(logits.values.back());
}

std::vector<lm::TokenProbability> top_probabilities(const llama::Logits& logits, int num_top) {
  std::vector<lm::TokenProbability> top;
  if (num_top <= 0) return top;
  double sum = 0;
  const float highest = *std::max_element(logits.values.begin(), logits.values.end());
  for (size_t row = 0; row < logits.values.size(); ++row) {
    sum += std::exp(static_cast<double>(logits.values[row]) - highest);
    top.push_back({logits.id_of(row), logits.values[row]});
  }
  const auto kept = std::min(static_cast<size_t>(num_top), top.size());
  std::partial_sort(
      top.begin(), top.begin() + static_cast<ptrdiff_t>(kept), top.end(),
      [](const auto& l, const auto& r) { return more_likely(l.logprob, l.id, r.logprob, r.id); });
  top.resize(kept);
  const double log_sum = highest + std::log(sum);
  for (lm::TokenProbability& item : top) item.logprob = static_cast<float>(item.logprob - log_sum);
  return top;
}

std::optional<float> logprob_of(const llama::Logits& logits, lm::Token id) {
  const float highest = processor_kernels().highest(logits.values);
  const double sum = processor_kernels().log_sum(logits.values, highest);
  if (!std::isfinite(sum)) return std::nullopt;
  const bool is_last = logits.last_id == id;
  const auto row = is_last ? logits.values.size() - 1 : static_cast<size_t>(id - logits.first_id);
  const size_t num_in_order = logits.values.size() - (logits.last_id ? 1 : 0);
  if (!is_last && (id < logits.first_id || row >= num_in_order))
    return -std::numeric_limits<float>::infinity();
  return static_cast<float>(static_cast<double>(logits.values[row]) - highest - sum);
}

}  // namespace orpheus::engine
